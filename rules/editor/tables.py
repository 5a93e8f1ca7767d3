"""Decision tables on their edit page: written like a spreadsheet, checked and tried while they are typed."""

from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, PublishingPanel, TitleFieldPanel

from rules.editor.purposes import purpose_form
from rules.editor.table_files import ExportView, ImportView
from rules.editor.tryouts import answering, ask_as_json, facts_from_form
from rules.editor.viewsets import StoredRecordViewSet
from rules.engine import DecisionError, RuleErrors, Vocabulary, compile_table
from rules.engine.analysis import analyse_table
from rules.engine.tables.typed import show_test
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
    problems = problems_in(table, vocabulary)
    sound, places = sound_rows(table, problems)
    try:
        compiled = compile_table(sound)
    except RuleErrors:
        compiled = None
    sentences = [""] * len(table["rules"])
    if compiled:
        for place, sentence in zip(places, compiled.sentences(language), strict=True):
            sentences[place] = sentence
    whole = compiled is not None and len(places) == len(table["rules"]) > 0 and not problems
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
        "analysis": analysis_of(table, language) if whole else None,
        "analysed": why_not_analysed(table, whole),
        "asks": [ask_as_json(variable, language) for variable in asked],
        "tried": outcome,
    }


def problems_in(table: dict, vocabulary: Vocabulary) -> list:
    try:
        compiled = compile_table(as_engine_reads(table))
        found = []
    except RuleErrors as errors:
        compiled, found = None, errors.problems
    return [*found, *(problem for problem in lacking(table, vocabulary, compiled) if problem not in found)]


def sound_rows(table: dict, problems) -> tuple[dict, list[int]]:
    """The document with the rows that can be read, and where these stand in the table."""
    paths = [problem.path.split("/") for problem in problems]
    wrong = {int(row) for side, row, *_rest in (p for p in paths if len(p) > 1) if side == "rules"}
    places = [place for place in range(len(table["rules"])) if place not in wrong]
    document = as_engine_reads(table)
    return document | {"rules": [document["rules"][place] for place in places]}, places


def why_not_analysed(table: dict, whole: bool) -> str:
    if not table["rules"]:
        return ""
    if not whole:
        return _now("Gaps and overlaps are looked for once nothing is left to mend.")
    if len(table["rules"]) > ANALYSED_ROWS:
        return _now("The table is too long to look for gaps and overlaps while you type.")
    return ""


def analysis_of(table: dict, language: str) -> dict | None:
    """Findings, with the cells of a row that fills a gap as they are typed."""
    if len(table["rules"]) > ANALYSED_ROWS:
        return None
    found = analyse_table(compile_table(as_engine_reads(table, choices=True))).as_json(language)
    names = [column["name"] for column in table["inputs"]]
    for finding in found["findings"]:
        if finding["when"] is not None:
            finding["when"] = [
                show_test(cell, type_of(column), language=language, labels=labels_of(column), names=names)
                for cell, column in zip(finding["when"], table["inputs"], strict=True)
            ]
    return found


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
