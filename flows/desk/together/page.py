"""What the page of a ticket shows of working together; templates/desk/_comments.html and its neighbours."""

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from flows.forms.files import FILE_GROUPS, accepted
from flows.organisation.models import Department
from flows.tickets.models.ticket import Urgency
from flows.tickets.together import macros
from flows.tickets.together.comments import check_uploads
from flows.tickets.together.conversation import conversation
from flows.tickets.together.links import relations_of, ways_to_link
from flows.tickets.together.merging import goes_on_in
from flows.tickets.together.models import Comment
from flows.tickets.together.rights import may_work, sees

READERS = [("internal", _("colleagues only")), ("public", _("the customer as well"))]


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    widget = ManyFilesInput

    def clean(self, data, initial=None):
        return check_uploads([upload for upload in data or [] if upload])


class CommentForm(forms.Form):
    use_required_attribute = False

    text = forms.CharField(
        label=_("What you say"),
        required=False,
        max_length=Comment.MOST_CHARACTERS,
        help_text=_("@ names a colleague, who is told and watches from then on."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_public = forms.TypedChoiceField(
        label=_("Who reads it"),
        coerce=lambda value: value == "public",
        choices=READERS,
        initial="internal",
        widget=forms.RadioSelect,
    )
    files = ManyFilesField(
        label=_("Files"),
        required=False,
        widget=ManyFilesInput(attrs={"multiple": True, "accept": accepted(list(FILE_GROUPS))}),
    )
    though_unseen = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, ticket, **kwargs):
        super().__init__(*args, prefix="comment", **kwargs)
        self.refusal = ""
        self.unseen = ""
        self.fields["text"].widget.attrs |= {
            "data-mention-target": "text",
            "data-action": "input->mention#look compositionend->mention#look"
            " keydown->mention#key blur->mention#close",
            "aria-autocomplete": "list",
            "aria-controls": "mention-list",
            "hx-post": reverse("desk:check_comment", args=[ticket.pk]),
            "hx-trigger": "input changed delay:600ms",
            "hx-params": "comment-text",
            "hx-target": "#mention-notice",
        }


class LinkForm(forms.Form):
    use_required_attribute = False

    way = forms.ChoiceField(label=_("This ticket"))
    other = forms.CharField(
        label=_("Number of the other ticket"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, prefix="link", **kwargs)
        self.fields["way"].choices = ways_to_link()


class ChangeForm(forms.Form):
    """Who has it, its tags, its urgency, beside the steps of its flow."""

    use_required_attribute = False

    person = forms.CharField(label=_("Give to a person"), required=False, max_length=150)
    department = forms.ModelChoiceField(
        label=_("or to a department"), required=False, queryset=Department.objects.all(),
        to_field_name="slug", empty_label="–",
    )  # fmt: skip
    tags = forms.CharField(
        label=_("Tags"), required=False, max_length=1000, help_text=_("Separated by commas.")
    )  # fmt: skip
    urgency = forms.TypedChoiceField(
        label=_("Urgency"), coerce=int, choices=[(u.value, u.label) for u in reversed(Urgency)]
    )

    def __init__(self, *args, ticket, **kwargs):
        kwargs.setdefault(
            "initial",
            {"tags": ", ".join(tag.name for tag in ticket.tags.all()), "urgency": ticket.urgency},
        )
        super().__init__(*args, prefix="change", **kwargs)
        self.fields["person"].widget.attrs |= {
            "list": "found-change-person",
            "autocomplete": "off",
            "hx-get": reverse("desk:find", args=["staff"]),
            "hx-trigger": "input changed delay:250ms",
            "hx-target": "#found-change-person",
        }


def together(found, *, to, comment=None) -> dict:
    """`found`: the ticket itself, not as seen."""
    works, onward = may_work(to), goes_on_in(found)
    watchers = [row.person for row in found.watchers.select_related("person")]
    return {
        "conversation": conversation(found, get_language(), to=to, at=timezone.now()),
        "comment_form": (comment or CommentForm(ticket=found)) if works and not onward else None,
        "watchers": watchers,
        "watches": any(person.pk == to.pk for person in watchers),
        "relations": relations_of(found, to=to),
        "link_form": LinkForm() if works else None,
        "change_form": ChangeForm(ticket=found) if works and found.is_open else None,
        "onward": onward,
        "sees_onward": onward is not None and sees(to, onward),
        "macros": macros.offered(found, to=to) if found.is_open else [],
    }
