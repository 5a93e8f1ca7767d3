from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from flows.desk.lists import chosen_in
from flows.desk.views import address_of_view
from flows.organisation.models import Department
from flows.tickets.together import saved_views
from flows.tickets.together.models import SavedView
from rules.store.problems import Refusal


@login_required
@require_POST
def save(request):
    """Keep the filter that the list shows now."""
    chosen = chosen_in(QueryDict(request.POST.get("query", "")))
    audience, _dot, department = request.POST.get("audience", "self").partition(":")
    try:
        view = saved_views.save_view(
            name=request.POST.get("name", "")[:40],
            chosen=chosen,
            audience=audience,
            department=Department.objects.filter(slug=department).first(),
            is_default=bool(request.POST.get("is_default")),
            by=request.user,
            at=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(f"{reverse('desk:tickets')}?{QueryDict(request.POST.get('query', '')).urlencode()}")
    messages.success(request, _("The view “%(name)s” stands above the list now.") % {"name": view.name})
    return redirect(address_of_view(view))


@login_required
@require_POST
def change(request, pk):
    """Open the list with it from now on, or no more; or remove it."""
    view = get_object_or_404(SavedView.objects.offered_to(request.user), pk=pk)
    try:
        match request.POST.get("verb"):
            case "default":
                saved_views.choose_default(view=view, by=request.user)
                messages.success(request, _("Your list opens with “%(name)s”.") % {"name": view.name})
            case "no_default":
                saved_views.choose_default(view=None, by=request.user)
                messages.success(request, _("Your list opens with all open tickets."))
            case "remove":
                saved_views.remove_view(view=view, by=request.user)
                messages.success(request, _("Removed."))
                return redirect(f"{reverse('desk:tickets')}?list=all")
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(address_of_view(view))
