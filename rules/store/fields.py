from django.db import models


class ConditionField(models.JSONField):
    """A condition tree in business-rules' format. `vocabulary` names one of the record's vocabularies()."""

    def __init__(self, *args, vocabulary="", **kwargs):
        self.vocabulary = vocabulary
        kwargs.setdefault("default", always)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


class ActionsField(ConditionField):
    """A list of {"name", "params"}, from the actions of one of the record's vocabularies()."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("default", list)
        super().__init__(*args, **kwargs)


def always() -> dict:
    """The condition that always holds: nothing is asked."""
    return {"all": []}
