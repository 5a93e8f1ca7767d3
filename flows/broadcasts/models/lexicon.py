from hashlib import sha256

from django.db import models
from django.utils import translation
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from modelcluster.fields import ParentalKey
from wagtail.models import Orderable

from rules.engine import RuleErrors, Variable, Words
from rules.engine.text import ALLOW, BLOCK, WARN, Entry, compile_lexicon
from rules.store.models import StoredRecord
from rules.store.problems import Line, RecordErrors, RecordProblem

TEXT = Variable(name="text", label=Words(en="text of the message", zh="消息文字"), type="string")
# Longer lists are summed up: nobody reads 65,000 words on one page.
READABLE_WORDS = 500


class Lexicon(StoredRecord):
    """Words by category. Every live one that is used for broadcasts is asked about every message; rules may
    name those that are used for rules."""

    class UsedFor(models.TextChoices):
        BOTH = "both", _("broadcasts and rules about tickets")
        BROADCASTS = "broadcasts", _("broadcasts only")
        RULES = "rules", _("rules about tickets only")

    used_for = models.CharField(
        _("used for"), max_length=20, choices=UsedFor, default=UsedFor.BOTH,
        help_text=_(
            "Broadcasts: every message is checked for its words. Rules about tickets: routing rules and"
            " scorecards may ask whether a text mentions them. Segments cannot, because they are asked of all"
            " customers in the database at once."
        ),
    )  # fmt: skip
    fold_numerals = models.BooleanField(
        _("digits count as numerals"), default=False,
        help_text=_("Finds 下3滥 and 下叁滥 where the list says 下三滥."),
    )  # fmt: skip

    class Meta(StoredRecord.Meta):
        verbose_name = _("lexicon")
        verbose_name_plural = _("lexicons")

    def document(self):
        return {
            "used_for": self.used_for,
            "fold_numerals": self.fold_numerals,
            "categories": [
                {
                    "name": category.name,
                    "action": category.action,
                    "words": lines_in(category.words),
                    "allowed": lines_in(category.allowed),
                }
                for category in self.categories.all()
            ],
        }

    @classmethod
    def compile(cls, document):
        entries, places = [], []
        for row, category in enumerate(document["categories"]):
            for field, action in (("words", category["action"]), ("allowed", ALLOW)):
                entries += [Entry(word, category["name"], action) for word in category[field]]
                places += [("categories", row, field)] * len(category[field])
        try:
            return compile_lexicon(entries, fold_numerals=document["fold_numerals"])
        except RuleErrors as errors:
            raise RecordErrors(one_problem_per_field(errors, places)) from None

    def completeness(self):
        rows = list(self.categories.all())
        if not rows:
            return [RecordProblem(("categories",), _("Add at least one category with its words."))]
        return [
            RecordProblem(("categories", number, "words"), _("Write at least one word."))
            for number, row in enumerate(rows)
            if not lines_in(row.words)
        ] + [
            RecordProblem(("categories", number, "name"), _("Another category has this name already."))
            for number, row in enumerate(rows)
            if row.name in [earlier.name for earlier in rows[:number]]
        ]

    @classmethod
    def in_words(cls, document, language):
        with translation.override(language):
            lines = [
                Line(f"categories/{category['name']}", category["name"], category_text(category))
                for category in document["categories"]
            ]
            used_for = cls.UsedFor(document.get("used_for", cls.UsedFor.BOTH))
            lines.append(Line("used_for", say("Used for"), str(used_for.label)))
            if document["fold_numerals"]:
                lines.append(Line("fold_numerals", say("Digits"), say("count as numerals: 3 is 三 and 叁")))
            return lines

    @classmethod
    def asks(cls, compiled):
        return [TEXT]

    @classmethod
    def replay(cls, compiled, facts):
        spans = compiled.find(facts.get("text") or "")
        actions = {span.action for span in spans}
        return {
            "action": BLOCK if BLOCK in actions else WARN if actions else "",
            "found": list(dict.fromkeys(span.original for span in spans)),
        }

    @classmethod
    def effect(cls, document, outcome):
        return {"action": outcome["action"]}

    @classmethod
    def possible_outcomes(cls, compiled, facts):
        return [{"action": BLOCK}, {"action": WARN}, {"action": ""}]

    @classmethod
    def outcome_in_words(cls, compiled, outcome, language):
        with translation.override(language):
            return [
                {BLOCK: say("is blocked"), WARN: say("is sent with a warning"), "": say("is sent")}[
                    outcome["action"]
                ]
            ]

    @classmethod
    def explain(cls, compiled, facts, language):
        with translation.override(language):
            found = dict.fromkeys(
                (span.original, span.category) for span in compiled.find(facts.get("text") or "")
            )
            return [
                say("“%(word)s” (%(category)s)") % {"word": word, "category": category}
                for word, category in found
            ] or [say("No word of the list is in it.")]


def used_for(*uses: str) -> models.Q:
    """Versions of lexicons with one of these uses. Before there was a choice, each was for everything."""
    return models.Q(document__used_for__isnull=True) | models.Q(document__used_for__in=uses)


OF_BROADCASTS = used_for(Lexicon.UsedFor.BOTH, Lexicon.UsedFor.BROADCASTS)
OF_RULES = used_for(Lexicon.UsedFor.BOTH, Lexicon.UsedFor.RULES)


class LexiconCategory(Orderable):
    """Words of one kind, and what happens to a message that has one of them."""

    class Action(models.TextChoices):
        BLOCK = BLOCK, _("block: the message cannot be sent")
        WARN = WARN, _("warn: the reviewer is told")

    lexicon = ParentalKey(Lexicon, on_delete=models.CASCADE, related_name="categories")
    name = models.CharField(pgettext_lazy("of messages or words", "category"), max_length=60)
    action = models.CharField(_("what happens"), max_length=10, choices=Action, default=Action.BLOCK)
    words = models.TextField(
        _("words"),
        help_text=_("One word per line, at least two characters each. You can paste a whole list."),
    )
    allowed = models.TextField(
        _("allowed phrases"), blank=True,
        help_text=_("One per line. Words inside them are not found: 路口交通 hides 口交."),
    )  # fmt: skip

    class Meta(Orderable.Meta):
        verbose_name = pgettext_lazy("of messages or words", "category")
        verbose_name_plural = pgettext_lazy("of messages or words", "categories")

    def __str__(self):
        return self.name


def lines_in(text: str) -> list[str]:
    """The lines that say something, each once, in order."""
    return list(dict.fromkeys(filter(None, map(str.strip, text.splitlines()))))


def one_problem_per_field(errors: RuleErrors, places: list[tuple]) -> list[RecordProblem]:
    """A pasted list may have hundreds of unusable lines: name the first few of each field, count the rest."""
    by_place = {}
    for problem in errors.problems:
        by_place.setdefault(places[int(problem.path)], []).append(problem.sentence)
    return [RecordProblem(place, together(sentences)) for place, sentences in by_place.items()]


MORE = Words(en="And {count} more lines like this.", zh="另有 {count} 行同样的问题。")


def together(sentences, shown=3):
    said = Words(
        en=" ".join(sentence.en for sentence in sentences[:shown]),
        zh="".join(sentence.zh for sentence in sentences[:shown]),
    )
    if len(sentences) <= shown:
        return said
    rest = MORE.fill(count=len(sentences) - shown)
    return Words(en=f"{said.en} {rest.en}", zh=f"{said.zh}{rest.zh}")


# What it says, in the active language.


def category_text(category):
    said = {"count": len(category["words"]), "words": words_text(category["words"])}
    if category["action"] == BLOCK:
        text = ngettext(
            "Blocks %(count)s word: %(words)s.", "Blocks %(count)s words: %(words)s.", said["count"]
        )
    else:
        text = ngettext(
            "Warns of %(count)s word: %(words)s.", "Warns of %(count)s words: %(words)s.", said["count"]
        )
    text %= said
    if category["allowed"]:
        text += "\n" + say("Except inside: %(phrases)s.") % {"phrases": words_text(category["allowed"])}
    return text


def words_text(words):
    if len(words) <= READABLE_WORDS:
        return say(", ").join(words)
    # The check sum makes two versions of a long list differ in words, too.
    return say("%(words)s and others (check sum %(sum)s)") % {
        "words": say(", ").join(words[:20]),
        "sum": sha256("\n".join(words).encode()).hexdigest()[:8],
    }
