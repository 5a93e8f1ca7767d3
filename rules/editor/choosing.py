"""Looking up a customer, a store, a colleague while a condition is written."""

from django.http import Http404, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from rules.store.sources import MOST_NAMED, source

MOST_FOUND = 20
LONGEST_WORDS = 100


@require_safe
def choose(request):
    """?source=stores&q=words, or &value=code for each whose name is wanted →
    {"allowed", "found": [{"value", "name", "hint"}], "more"}; who may not look them up is told just that."""
    known = source(request.GET.get("source", ""))
    if known is None:
        raise Http404
    if not known.may_ask(request.user):
        return JsonResponse({"allowed": False, "found": [], "more": False})
    if values := request.GET.getlist("value"):
        found = list(known.called([plain(value) for value in values[:MOST_NAMED]]))
    else:
        found = list(known.find(plain(request.GET.get("q", "")), MOST_FOUND + 1))
    return JsonResponse(
        {
            "allowed": True,
            "found": [one._asdict() for one in found[: MOST_NAMED if values else MOST_FOUND]],
            "more": not values and len(found) > MOST_FOUND,
        }
    )


def plain(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST_WORDS]


urlpatterns = [path("rules/choose/", choose, name="rules_choose")]
