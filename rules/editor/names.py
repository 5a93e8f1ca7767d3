from collections.abc import Callable

_subjects: dict[str, Callable[[str], tuple[str, str]]] = {}
_secrets: dict[str, Callable[[str, object], frozenset[str]]] = {}


def register_subject(
    kind: str,
    describe: Callable[[str], tuple[str, str]],
    *,
    secrets: Callable[[str, object], frozenset[str]] | None = None,
) -> None:
    """Say what a decision's subject "kind:key" is: `describe(key)` → (label, address or ""); and which of its
    facts a reader must not be told: `secrets(key, user)` → their names."""
    _subjects[kind] = describe
    if secrets:
        _secrets[kind] = secrets


def secrets_of(subject: str, user) -> frozenset[str]:
    kind, _colon, key = subject.partition(":")
    return _secrets[kind](key, user) if kind in _secrets else frozenset()


def describe_subject(subject: str) -> tuple[str, str]:
    kind, _colon, key = subject.partition(":")
    describe = _subjects.get(kind)
    return describe(key) if describe else (subject, "")


def subject_label(subject: str) -> str:
    return describe_subject(subject)[0]


def subjects_numbered(number: str) -> list[str]:
    """Everything of any kind that a number may mean."""
    return [f"{kind}:{number}" for kind in _subjects]
