"""The bell: what I was told, and my choice of what I am told and how."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from wagtail.users.models import UserProfile

from flows.channels.models import How, Notice
from flows.channels.notices.bell import mark_read, told, unread_count
from flows.channels.notices.brief import hour_of
from flows.channels.notices.choices import choose, kinds_for, reader_of
from flows.channels.notices.readers import PERSONAL_CHANNELS

PER_PAGE = 25
ZONES = {
    "Asia/Shanghai": gettext_lazy("Beijing, Shanghai"),
    "Asia/Hong_Kong": gettext_lazy("Hong Kong"),
    "Asia/Singapore": gettext_lazy("Singapore"),
    "Europe/London": gettext_lazy("London"),
    "UTC": gettext_lazy("UTC, world time"),
}


@login_required
@require_safe
def notices(request):
    only_unread = request.GET.get("list") == "unread"
    mine = Notice.objects.of(request.user)
    page = Paginator(mine.unread() if only_unread else mine, PER_PAGE).get_page(request.GET.get("page"))
    newest = mine.order_by("-pk").values_list("pk", flat=True).first()
    return render(
        request,
        "desk/notice_list.html",
        {
            "page": page,
            "rows": told(page.object_list, person=request.user),
            "only_unread": only_unread,
            "unread": unread_count(request.user),
            "newest": newest,
        },
    )


@login_required
@require_safe
def bell(request):
    return render(request, "desk/_bell.html", {"unread": unread_count(request.user)})


@login_required
@require_safe
def open_notice(request, pk):
    """To the thing; opening is reading."""
    notice = get_object_or_404(Notice.objects.of(request.user), pk=pk)
    mark_read(person=request.user, at=timezone.now(), only=pk)
    [shown] = told([notice], person=request.user)
    if not shown.url:
        messages.info(request, shown.line)
    return redirect(shown.url or "desk:notices")


@login_required
@require_POST
def mark_all_read(request):
    up_to = request.POST.get("up_to", "")
    if up_to.isascii() and up_to.isdigit() and len(up_to) < 19:
        mark_read(person=request.user, at=timezone.now(), up_to=int(up_to))
    return redirect("desk:notices")


class ChoicesForm(forms.Form):
    """One choice per kind and channel the person can be reached by."""

    use_required_attribute = False

    hour = forms.TypedChoiceField(
        label=gettext_lazy("Daily brief at"),
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
    )
    zone = forms.ChoiceField(label=gettext_lazy("Your time zone"))

    def __init__(self, *args, person, **kwargs):
        self.person, reader = person, reader_of(person)
        super().__init__(*args, initial={"hour": hour_of(person), "zone": str(reader.zone)}, **kwargs)
        names = dict.fromkeys([*settings.WAGTAIL_USER_TIME_ZONES, str(reader.zone)])
        self.fields["zone"].choices = [(name, ZONES.get(name, name)) for name in names]
        self.kinds = kinds_for(person)
        self.channels = [channel for channel in PERSONAL_CHANNELS if channel.address_of(person)]
        self.unreachable = [channel for channel in PERSONAL_CHANNELS if not channel.address_of(person)]
        for kind in self.kinds:
            for channel in self.channels:
                self.fields[f"{kind.key}-{channel.key}"] = forms.ChoiceField(
                    label=channel.label, choices=How, initial=reader.how(kind, channel), required=False
                )

    @property
    def rows(self):
        return [
            (kind, [self[f"{kind.key}-{channel.key}"] for channel in self.channels]) for kind in self.kinds
        ]

    def save(self):
        chosen = {
            (kind.key, channel.key): how
            for kind in self.kinds
            for channel in self.channels
            if (how := self.cleaned_data[f"{kind.key}-{channel.key}"])
        }
        choose(person=self.person, chosen=chosen, hour=self.cleaned_data["hour"])
        profile = UserProfile.get_for_user(self.person)
        profile.current_time_zone = self.cleaned_data["zone"]
        profile.save(update_fields=["current_time_zone"])


@login_required
def notice_choices(request):
    form = ChoicesForm(request.POST if request.method == "POST" else None, person=request.user)
    if form.is_bound and form.is_valid():
        form.save()
        messages.success(request, _("Saved. It holds from the next notice on."))
        return redirect("desk:notice_choices")
    return render(request, "desk/notice_choices.html", {"form": form, "has_mail": bool(settings.EMAIL_HOST)})
