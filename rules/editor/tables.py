"""Decision tables on their edit page: written like a spreadsheet, checked and tried while they are typed."""

from dataclasses import replace

from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, PublishingPanel, TitleFieldPanel

from rules.editor.purposes import purpose_form
from rules.editor.table_files import ExportView, ImportView
from rules.editor.tryouts import answering, ask_as_json, facts_from_form
from rules.editor.viewsets import StoredRecordViewSet
from rules.engine import DecisionError, RuleErrors, Vocabulary, compile_table, compile_unary
from rules.engine.analysis import analyse_table
from rules.engine.tables.typed import quoted, show_test
from rules.store.models import DecisionTable
from rules.store.models.table import (
    as_engine_reads,
    labels_of,
    lacking,
    place_in_words,
    type_of,
    understood,
)
from rules.store.problems import say
from rules.store.purposes import TABLES

# An analysis of more rows would keep the person who types waiting.
ANALYSED_ROWS = 2_000


class DecisionTableForm(purpose_form(TABLES)):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "table" in self.fields:
            self.initial["table"] = self.instance.shown(get_language())


class DecisionTableViewSet(StoredRecordViewSet):
    model = DecisionTable
    icon = "table"
    menu_label = _("Decision tables")
    teaching = _(
        "A decision table says in rows what follows from what, like a spreadsheet. "
        "Example: amount ≥ 100 and level gold → discount 15; amount ≥ 100 → discount 5."
    )
    panels = [
        TitleFieldPanel("name", placeholder=_("Name")),
        FieldRowPanel([FieldPanel("purpose"), FieldPanel("about")]),
        FieldPanel("table", heading=_("Table")),
        FieldPanel("slug"),
        PublishingPanel(),
    ]

    def get_urlpatterns(self):
        conv = self.pk_path_converter
        return [
            *super().get_urlpatterns(),
            path(f"export/<{conv}:pk>/", self.record_view(ExportView), name="export_rows"),
            path(f"import/<{conv}:pk>/", self.record_view(ImportView), name="import_rows"),
        ]


DecisionTable.base_form_class = DecisionTableForm


def checked_table(record, document, facts, language) -> dict:
    """What the page shows of a table while it is typed.

    {"problems": [{"path", "sentence", "place"}], "sentences": [one per row, "" where a cell is wrong],
     "analysis": TableAnalysis as JSON or None, "analysed": why not, "asks": [...],
     "tried": {"sentence", "hits", "matched", "reasons"} or None}
    """
    vocabulary = record.vocabularies()["rules"]
    table = understood(document, vocabulary)
    whole, problems = compiled_with_problems(table, vocabulary)
    compiled, places = sound_part(whole, table, problems)
    sentences = [""] * len(table["rules"])
    if compiled:
        for place, sentence in zip(places, compiled.sentences(language), strict=True):
            sentences[place] = sentence
    is_ready = whole is not None and bool(table["rules"]) and not problems
    asked = [
        vocabulary.variables[name] for name in vocabulary.variables if compiled and name in compiled.names
    ]
    given = facts_from_form(facts, asked)
    outcome = tried(compiled, places, given, language) if compiled and places else None
    return {
        "problems": [
            {
                "path": problem.path,
                "sentence": say(problem.sentence, language),
                "place": place_in_words(problem.path, table, language),
            }
            for problem in problems
        ],
        "sentences": sentences,
        "analysis": analysis_of(whole, table, language) if is_ready else None,
        "analysed": why_not_analysed(table, is_ready),
        "asks": [ask_as_json(variable, language) for variable in asked],
        "tried": outcome,
    }


def compiled_with_problems(table: dict, vocabulary: Vocabulary) -> tuple:
    try:
        compiled = compile_table(as_engine_reads(table))
        found = []
    except RuleErrors as errors:
        compiled, found = None, errors.problems
    return compiled, [*found, *lacking(table, vocabulary, compiled)]


def sound_part(whole, table: dict, problems) -> tuple:
    """The rows that can be read, compiled, and where these stand; None where columns are wrong."""
    paths = [problem.path.split("/") for problem in problems]
    wrong = {int(path[1]) for path in paths if path[0] == "rules" and len(path) > 1}
    places = [place for place in range(len(table["rules"])) if place not in wrong]
    if whole and not wrong:
        return whole, places
    document = as_engine_reads(table)
    try:
        return compile_table(document | {"rules": [document["rules"][place] for place in places]}), places
    except RuleErrors:
        return None, places


def why_not_analysed(table: dict, is_ready: bool) -> str:
    if not table["rules"]:
        return ""
    if not is_ready:
        return _now("Gaps and overlaps are looked for once nothing is left to mend.")
    if len(table["rules"]) > ANALYSED_ROWS:
        return _now("The table is too long to look for gaps and overlaps while you type.")
    return ""


def analysis_of(compiled, table: dict, language: str) -> dict | None:
    """Findings, with the cells of a row that fills a gap as they are typed."""
    if len(table["rules"]) > ANALYSED_ROWS:
        return None
    found = analyse_table(of_choices(compiled)).as_json(language)
    names = [column["name"] for column in table["inputs"]]
    for finding in found["findings"]:
        if finding["when"] is not None:
            finding["when"] = [
                show_test(cell, type_of(column), language=language, labels=labels_of(column), names=names)
                for cell, column in zip(finding["when"], table["inputs"], strict=True)
            ]
    return found


def of_choices(compiled):
    """An input that has choices is one of them. At runtime it may also be missing, which is no error then."""
    return replace(
        compiled,
        inputs=tuple(
            replace(column, allowed=compile_unary(", ".join(map(quoted, column.labels)), column.type.key))
            if column.labels
            else column
            for column in compiled.inputs
        ),
    )


def tried(compiled, places: list[int], facts: dict, language: str) -> dict:
    """What comes out for typed facts; rows are counted as the page counts them."""
    try:
        decision = compiled.decide(facts)
    except DecisionError as error:
        rows = [places[row] for row in error.rows]
        return {"sentence": error.sentence.say(language), "hits": [], "matched": rows, "reasons": []}
    outputs = decision.outputs
    rows = outputs if isinstance(outputs, list) else [outputs] if outputs else []
    said = [compiled.say_outputs([row[column.name] for column in compiled.outputs], language) for row in rows]
    return {
        "sentence": "; ".join(said) if said and not compiled.aggregation else decision.sentence(language),
        "defaulted": decision.defaulted,
        "hits": [places[row] for row in decision.hits],
        "matched": [places[row] for row in decision.matched],
        "reasons": [
            {"row": places[reason.row], "held": reason.held, "because": reason.sentence(language)}
            for reason in decision.reasons[:20]
        ],
    }


urlpatterns = [path("rules/check/table/", answering(checked_table), name="rules_check_table")]
