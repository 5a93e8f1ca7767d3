from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from flows.desk.together.belonging import split_tags
from flows.desk.views import visible_ticket
from flows.forms.texts import said
from flows.organisation.models import Department
from flows.tickets.field_access import as_seen
from flows.tickets.models import Ticket, TicketType
from flows.tickets.models.ticket import Urgency
from flows.tickets.together import macros
from flows.tickets.together.models import Macro
from flows.tickets.together.models.macro import Audience
from flows.tickets.together.rights import may_work
from rules.store.problems import Refusal
from rules.store.runtime import live_versions


class MacroForm(forms.Form):
    use_required_attribute = False

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    audience = forms.ChoiceField(label=gettext_lazy("Offered to"))
    department = forms.ModelChoiceField(
        label=gettext_lazy("Department"), required=False, queryset=Department.objects.none(), empty_label="–"
    )
    ticket_type = forms.ChoiceField(label=gettext_lazy("For tickets of type"), required=False)
    reply = forms.CharField(
        label=gettext_lazy("Reply"), required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip
    is_public = forms.BooleanField(label=gettext_lazy("the customer may read it"), required=False)
    add_tags = forms.CharField(
        label=gettext_lazy("Add tags"), required=False, max_length=500,
        help_text=gettext_lazy("Separated by commas."),
    )  # fmt: skip
    remove_tags = forms.CharField(label=gettext_lazy("Remove tags"), required=False, max_length=500)
    urgency = forms.TypedChoiceField(
        label=gettext_lazy("Set the urgency"), coerce=int, empty_value=None, required=False,
        choices=[("", gettext_lazy("leave it")), *((u.value, u.label) for u in reversed(Urgency))],
    )  # fmt: skip
    transition = forms.ChoiceField(label=gettext_lazy("Then press"), required=False)

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        language = get_language()
        self.fields["audience"].choices = [(one, Audience(one).label) for one in macros.audiences_for(by)]
        self.fields["department"].queryset = macros.departments_for(by)
        if len(self.fields["audience"].choices) == 1:
            del self.fields["department"]
        types = [(one.slug, said(one.document["name"], language)) for one in live_versions(TicketType)]
        self.fields["ticket_type"].choices = [("", _("every type")), *types]
        self.buttons = {
            f"{slug}:{key}": (slug, key, label)
            for slug, _name in types
            for key, label in macros.buttons_of(slug, at=timezone.now()).items()
        }
        groups = [
            (
                name,
                [
                    (value, said(label, language))
                    for value, (of, _key, label) in self.buttons.items()
                    if of == slug
                ],
            )
            for slug, name in types
        ]
        self.fields["transition"].choices = [("", _("nothing")), *groups]

    def put_into(self, macro: Macro) -> Macro:
        """Raises Refusal."""
        given = self.cleaned_data
        macro.name, macro.audience, macro.reply = given["name"], given["audience"], given["reply"]
        macro.department, macro.is_public = given.get("department"), given["is_public"]
        macro.urgency, macro.ticket_type, macro.transition = given["urgency"], given["ticket_type"], {}
        macro.add_tags, macro.remove_tags = split_tags(given["add_tags"]), split_tags(given["remove_tags"])
        if given["transition"]:
            slug, key, label = self.buttons[given["transition"]]
            if macro.ticket_type not in ("", slug):
                raise Refusal(_("This button belongs to tickets of another type."))
            macro.ticket_type, macro.transition = slug, {"key": key, "label": label}
        return macro


def initial_of(macro: Macro) -> dict:
    pressed = macro.transition and f"{macro.ticket_type}:{macro.transition['key']}"
    return {
        "name": macro.name,
        "audience": macro.audience,
        "department": macro.department_id,
        "ticket_type": macro.ticket_type,
        "reply": macro.reply,
        "is_public": macro.is_public,
        "add_tags": ", ".join(macro.add_tags),
        "remove_tags": ", ".join(macro.remove_tags),
        "urgency": macro.urgency,
        "transition": pressed or "",
    }


def demand_maker(person) -> None:
    if not may_work(person) and not person.has_perm("together.share_macro"):
        raise PermissionDenied


@login_required
@require_safe
def index(request):
    demand_maker(request.user)
    offered = Macro.objects.offered_to(request.user).select_related("department", "owner")
    if request.user.has_perm("together.share_macro"):
        offered |= Macro.objects.filter(is_active=True, audience="department").select_related(
            "department", "owner"
        )
    rows = [(macro, macros.steps_of(macro), macros.may_change(macro, request.user)) for macro in offered]
    return render(request, "desk/macro_list.html", {"rows": rows})


@login_required
def edit(request, pk=None):
    demand_maker(request.user)
    macro = get_object_or_404(Macro, pk=pk, is_active=True) if pk else Macro()
    if pk and not macros.may_change(macro, request.user):
        raise PermissionDenied
    form = MacroForm(request.POST or None, by=request.user, initial=initial_of(macro) if pk else {})
    refusal = ""
    if form.is_bound and form.is_valid():
        try:
            macros.save_macro(macro=form.put_into(macro), by=request.user, at=timezone.now())
        except Refusal as refused:
            refusal = refused.sentence
        else:
            messages.success(request, _("Saved."))
            return redirect("desk:macros")
    context = {"form": form, "macro": macro, "refusal": refusal, "placeholders": placeholders()}
    return render(request, "desk/macro_form.html", context, status=422 if form.is_bound else 200)


def placeholders() -> list[tuple[str, str]]:
    place = 0 if get_language() == "en" else 1
    return [("{" + one.names[place] + "}", str(one.label)) for one in macros.PLACEHOLDERS]


@login_required
@require_POST
def remove(request, pk):
    macro = get_object_or_404(Macro, pk=pk, is_active=True)
    if not macros.may_change(macro, request.user):
        raise PermissionDenied
    Macro.objects.filter(pk=pk).update(is_active=False, changed_at=timezone.now())
    messages.success(request, _("Removed."))
    return redirect("desk:macros")


@login_required
def use(request, pk, macro_id):
    """What the macro would do to this ticket; its reply can still be changed; then it is done."""
    found = visible_ticket(request, pk)
    macro = get_object_or_404(Macro.objects.offered_to(request.user).for_type(found.ticket_type), pk=macro_id)
    foreseen = macros.preview(macro, ticket=found, by=request.user, at=timezone.now())
    reply, refusal = foreseen.reply, foreseen.refusal
    if request.method == "POST":
        reply = request.POST.get("reply", "") if macro.reply else None
        try:
            macros.use_macro(macro=macro, ticket=found, reply=reply, by=request.user, at=timezone.now())
        except Refusal as refused:
            refusal = refused.sentence
        else:
            messages.success(request, _("Done: “%(name)s”.") % {"name": macro.name})
            if Ticket.objects.visible_to(request.user).filter(pk=pk).exists():
                return redirect("desk:ticket", pk=pk)
            return redirect("desk:tickets")
    context = {
        "ticket": as_seen(found, by=request.user),
        "macro": macro,
        "steps": foreseen.steps,
        "reply": reply or "",
        "refusal": refusal,
        "may_use": may_work(request.user) and not foreseen.refusal,
    }
    return render(request, "desk/macro_use.html", context, status=422 if request.method == "POST" else 200)
