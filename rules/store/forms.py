from itertools import chain, count

from anyascii import anyascii
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.text import slugify
from wagtail.admin.forms import WagtailAdminModelForm

from rules.store.problems import say


class StoredRecordForm(WagtailAdminModelForm):
    """Shows each problem of a record at the field it belongs to.

    Saving a draft asks only that what is there makes sense to the database; requesting a review asks for
    everything that going live asks for.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def clean_slug(self):
        return self.cleaned_data["slug"] or self.free_slug()

    def free_slug(self):
        """A short name made from the name, in Latin letters, that no other record has."""
        records = self._meta.model.objects.exclude(pk=self.instance.pk)
        base = slugify(anyascii(self.cleaned_data.get("name", "")))[:60] or self._meta.model._meta.model_name
        taken = set(records.filter(slug__startswith=base).values_list("slug", flat=True))
        numbered = (f"{base}-{number}" for number in count(2))
        return next(slug for slug in chain([base], numbered) if slug not in taken)

    def is_valid(self):
        valid = super().is_valid()
        if valid and self.is_bound and not self.is_deferred_validation:
            self.place_problems(self.save(commit=False).problems())
            valid = super().is_valid()
        return valid

    def place_problems(self, problems):
        # Before any error is added: a formset with errors no longer tells the order of its rows.
        rows = {name: in_order(formset) for name, formset in self.formsets.items()}
        for problem in problems:
            form, field = self.place_of(problem.path, rows)
            sentence = say(problem.sentence)
            if sentence not in form.errors.get(field or NON_FIELD_ERRORS, []):
                form.add_error(field, sentence)

    def place_of(self, path, rows_of):
        """The form and field name a problem's path points at; the form itself when no field fits."""
        name, *rest = path or ("",)
        if name in self.fields:
            return self, name
        rows = rows_of.get(name)
        if rows is None:
            return self, None
        if not rest or rest[0] >= len(rows):
            return self, None
        row = rows[rest[0]]
        field = rest[1] if len(rest) > 1 else None
        return row, field if field in row.fields else None


def in_order(formset):
    """The rows as the page shows them: by the hidden order input, not by when they were added."""
    rows = formset.ordered_forms if formset.can_order else formset.forms
    return [row for row in rows if row not in formset.deleted_forms]
