"""Saving a ticket type as a file, and reading one: look first, then drafts."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from flows.organisation.models import Department, User
from flows.tickets.models import TicketType
from flows.tickets.type_files.document import (
    DEPARTMENT,
    LARGEST,
    PERSON,
    TICKET_TYPE,
    file_of,
    read_file,
)
from flows.tickets.type_files.importing import CREATE, LEAVE_OUT, Import, may_create_departments
from rules.editor.lines import lines_of
from rules.editor.views import RecordView
from rules.store.problems import Refusal

MOST_CHARACTERS = LARGEST // 2  # as a text in a form


class SaveAsFileView(RecordView):
    def get(self, request, *args, **kwargs):
        file = file_of(self.record)
        response = HttpResponse(file.as_json(), content_type="application/json; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{file.slug}.ticket-type.json"'
        return response


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"), help_text=gettext_lazy("A file saved on a ticket type's page.")
    )

    def text(self) -> str:
        """Raises Refusal if the file is too large, or no text."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise Refusal(_("This file is larger than %(size)s MB.") % {"size": LARGEST // 1_000_000})
        try:
            return file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Refusal(_("This is not a file of a ticket type: it is not a text in UTF-8.")) from None


class ChoicesForm(forms.Form):
    """How the file is taken over: under which short name, and what stands for each name that is not here."""

    text = forms.CharField(widget=forms.HiddenInput, max_length=MOST_CHARACTERS, strip=False)
    slug = forms.SlugField(
        label=gettext_lazy("Short name here"),
        max_length=80,
        help_text=gettext_lazy("Write another one to keep both what is here and what is in the file."),
    )

    def __init__(self, *args, incoming: Import, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.names = {f"for_{place}": one for place, one in enumerate(incoming.missing)}
        for field, missing in self.names.items():
            self.fields[field] = forms.ChoiceField(
                label=label_of(missing), choices=choices_for(missing, by=by), required=False
            )

    def chosen(self) -> dict:
        return {(one.what, one.slug): self.cleaned_data[field] for field, one in self.names.items()}


def label_of(missing) -> str:
    kind = {
        DEPARTMENT: _("Department “%(name)s”"),
        PERSON: _("Person “%(name)s”"),
        TICKET_TYPE: _("Ticket type “%(name)s”"),
    }[missing.what]
    return kind % {"name": missing.name}


def choices_for(missing, *, by) -> list[tuple[str, str]]:
    """What may stand for a name that is not here, leaving it out first."""
    choices = [(LEAVE_OUT, _("leave it out, to be filled in by hand"))]
    if missing.what == DEPARTMENT:
        if may_create_departments(by):
            choices.append((CREATE, _("make this department here")))
        choices += Department.objects.values_list("slug", "name")
    elif missing.what == PERSON:
        choices += [(one.username, str(one)) for one in User.objects.filter(is_active=True)]
    else:
        choices += TicketType.objects.in_use().values_list("slug", "name")
    return choices


class ReadFileView(WagtailAdminTemplateMixin, TemplateView):
    """First the file, then what it would make here, then the drafts."""

    viewset = None
    template_name = "tickets/read_type_file.html"
    page_title = gettext_lazy("Ticket type from a file")
    header_icon = "upload"
    http_method_names = ["get", "post"]

    def dispatch(self, request, *args, **kwargs):
        if not self.viewset.permission_policy.user_has_permission(request.user, "add"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def list_url(self):
        return reverse(self.viewset.get_url_name("list"))

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": self.list_url, "label": capfirst(TicketType._meta.verbose_name_plural)},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs):
        return super().get_context_data(**{"form": FileForm(), "list_url": self.list_url} | kwargs)

    def post(self, request, *args, **kwargs):
        try:
            if "text" in request.POST:
                return self.take_over(request.POST)
            form = FileForm(request.POST, request.FILES)
            if form.is_valid():
                text = form.text()
                incoming = Import(read_file(text))
                return self.look(incoming, initial={"text": text, "slug": incoming.slug})
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self.render_to_response(self.get_context_data())
        return self.render_to_response(self.get_context_data(form=form))

    def take_over(self, posted):
        file = read_file(posted["text"][:MOST_CHARACTERS])
        incoming = Import(file, as_slug=posted.get("slug", "").strip())
        form = ChoicesForm(posted, incoming=incoming, by=self.request.user)
        if "look" in posted or not form.is_valid():
            return self.look(incoming, form=form)
        try:
            made = incoming.run(choices=form.chosen(), by=self.request.user)
        except Refusal as refusal:
            messages.error(self.request, str(refusal))
            return self.look(incoming, form=form)
        messages.success(
            self.request,
            _("“%(name)s” is a draft here now. What is still missing is said on this page.") % {"name": made},
        )
        return redirect(reverse(self.viewset.get_url_name("edit"), args=[made.pk]))

    def look(self, incoming: Import, *, form=None, initial=None):
        form = form or ChoicesForm(initial=initial, incoming=incoming, by=self.request.user)
        parts = [{"part": part, "lines": lines_of(part.record, get_language())} for part in incoming.parts]
        return self.render_to_response(self.get_context_data(choices=form, incoming=incoming, parts=parts))
