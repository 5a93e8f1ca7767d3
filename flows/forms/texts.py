"""What designers write in two languages: {"zh": "评分", "en": "rating"}; a plain text is the same in both."""

import re
import unicodedata

from rules.engine import Words


def texts(zh: str, en: str = "") -> dict[str, str]:
    """English falls back to what was written first, so designers may leave it out."""
    return {"zh": zh or en, "en": en or zh}


def said(written: dict[str, str] | str, language: str | None) -> str:
    return Words.of(written).say(language)


def short_name(label: str) -> str:
    """A name that rules, imports and addresses can use: "Order number" → "order_number", "评分" → "评分"."""
    folded = unicodedata.normalize("NFKC", label).strip().lower()
    return re.sub(r"\W+", "_", folded).strip("_")[:50]
