"""Labels and sentences that know both languages of the product."""

from __future__ import annotations

from collections.abc import Mapping


class Words(str):
    """An English text that also carries its Chinese: wherever a str is wanted, it is the English one."""

    zh: str

    def __new__(cls, *, en: str, zh: str) -> Words:
        words = super().__new__(cls, en)
        words.zh = zh
        return words

    @classmethod
    def of(cls, text: object) -> Words:
        """From Words, a mapping {"en", "zh"} (one may be left out), or a text that is the same in both."""
        if isinstance(text, Words):
            return text
        if isinstance(text, Mapping):
            en = text.get("en") or text.get("zh") or ""
            return cls(en=str(en), zh=str(text.get("zh") or en))
        return cls(en=str(text), zh=str(text))

    @property
    def en(self) -> str:
        return str.__str__(self)

    def say(self, language: str | None) -> str:
        """In Chinese for zh, zh-hans, zh-CN ...; in English for everything else."""
        return self.zh if (language or "").lower().startswith("zh") else self.en

    def fill(self, **values: object) -> Words:
        """Put values into the {placeholders} of both languages; a value may be Words itself."""
        spoken = {name: Words.of(value) for name, value in values.items()}
        return Words(
            en=self.en.format(**{name: value.en for name, value in spoken.items()}),
            zh=self.zh.format(**{name: value.zh for name, value in spoken.items()}),
        )

    def __str__(self) -> str:
        return str.__str__(self)

    def __repr__(self) -> str:
        return f"Words(en={self.en!r}, zh={self.zh!r})"

    def __reduce__(self):
        return _words, (self.en, self.zh)


def _words(en: str, zh: str) -> Words:
    return Words(en=en, zh=zh)
