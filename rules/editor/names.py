from collections.abc import Callable

_subjects: dict[str, Callable[[str], tuple[str, str]]] = {}


def register_subject(kind: str, describe: Callable[[str], tuple[str, str]]) -> None:
    """Say what a decision's subject "kind:key" is: `describe(key)` → (label, address or "")."""
    _subjects[kind] = describe


def describe_subject(subject: str) -> tuple[str, str]:
    kind, _colon, key = subject.partition(":")
    describe = _subjects.get(kind)
    return describe(key) if describe else (subject, "")


def subject_label(subject: str) -> str:
    return describe_subject(subject)[0]
