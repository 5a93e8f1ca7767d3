"""Upload, look, confirm, wait, read the result: the same pages for everything that is imported."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django.views.generic import FormView, TemplateView
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.generic import IndexView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from flows.customers import imports
from flows.customers.models import ImportRun
from flows.importing import CannotRead


class UploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"))

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if upload.size > imports.MAX_UPLOAD_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(size)s MB. Import it with the command on the server.")
                % {"size": imports.MAX_UPLOAD_BYTES // 2**20}
            )
        return upload


def importer_for(user, kind: str) -> imports.Importer:
    """Raises Http404 and PermissionDenied."""
    try:
        importer = imports.importer_of(kind)
    except KeyError:
        raise Http404 from None
    if not user.has_perm(importer.permission):
        raise PermissionDenied
    return importer


def run_for(user, pk: int) -> ImportRun:
    run = get_object_or_404(ImportRun.objects.select_related("by"), pk=pk)
    importer_for(user, run.kind)
    return run


class ImportPage(WagtailAdminTemplateMixin):
    header_icon = "upload"

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("import_run:index"), "label": _("Imports")},
            {"url": "", "label": self.get_page_title()},
        ]


class UploadView(ImportPage, FormView):
    template_name = "customers/imports/upload.html"

    def dispatch(self, request, *args, **kwargs):
        self.importer = importer_for(request.user, kwargs["kind"])
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self):
        return self.importer.title

    def get_form_class(self):
        return type("ImportForm", (UploadForm, self.importer.options_form), {})

    def get_context_data(self, **kwargs):
        return super().get_context_data(importer=self.importer, **kwargs)

    def form_valid(self, form):
        upload = form.cleaned_data.pop("file")
        run = imports.add_file(
            kind=self.importer.kind,
            upload=upload,
            options=self.importer.clean_options(form.cleaned_data),
            by=self.request.user,
            at=timezone.now(),
        )
        try:
            imports.look_at(run, at=timezone.now())
        except CannotRead as refusal:
            imports.forget(run)
            form.add_error("file", str(refusal.sentence))
            return self.form_invalid(form)
        return redirect("imports:run", pk=run.pk)


class RunView(ImportPage, TemplateView):
    """What a file would do, how far it is, or what came of it: by the state of its run."""

    def dispatch(self, request, *args, **kwargs):
        self.run = run_for(request.user, kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_template_names(self):
        if self.run.state == ImportRun.State.CHECKED:
            return ["customers/imports/check.html"]
        return ["customers/imports/run.html"]

    def get_page_title(self):
        return self.run.filename

    def get_context_data(self, **kwargs):
        importer = imports.importer_of(self.run.kind)
        context = super().get_context_data(run=self.run, importer=importer, **kwargs)
        try:
            context["options"] = importer.options_in_words(self.run.options)
            if self.run.state == ImportRun.State.CHECKED:
                context["preview"] = imports.look_at(self.run, at=timezone.now())
                context["details"] = details_in_words(importer, context["preview"].result.details)
        except CannotRead as refusal:
            context["refusal"] = refusal.sentence
        context.setdefault("details", details_in_words(importer, self.run.details))
        return context

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        if self.run.is_unfinished:
            # The page looks again by itself, also where no script runs.
            response["Refresh"] = "2"
        return response


def title_of(run: ImportRun) -> str:
    return imports.importer_of(run.kind).title


def details_in_words(importer, details: dict) -> list[tuple[str, int]]:
    return [(label, details[key]) for key, label in importer.details.items() if details.get(key)]


@require_admin_access
@require_POST
def confirm(request, pk):
    run = run_for(request.user, pk)
    try:
        imports.confirm(run=run, token=request.POST.get("token", ""), by=request.user, at=timezone.now())
    except (imports.Refusal, CannotRead) as refusal:
        messages.error(request, str(refusal.sentence))
    return redirect("imports:run", pk=pk)


@require_admin_access
@require_POST
def cancel(request, pk):
    run = run_for(request.user, pk)
    try:
        imports.cancel(run=run, at=timezone.now())
    except imports.Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    return redirect("imports:run", pk=pk)


@require_admin_access
def rejects(request, pk):
    run = run_for(request.user, pk)
    if not run.rejects_file:
        raise Http404
    name = run.rejects_file.name.rsplit("/", 1)[-1]
    return FileResponse(run.rejects_file.open("rb"), as_attachment=True, filename=name)


class ImportIndexView(IndexView):
    """Every import there was: who, when, what came of it."""

    def get_edit_url(self, instance):
        return reverse("imports:run", args=[instance.pk])

    def get_base_queryset(self):
        mine = [one.kind for one in imports.importers() if self.request.user.has_perm(one.permission)]
        return ImportRun.objects.select_related("by").filter(kind__in=mine)

    def get_add_url(self):
        return None
