from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from flows.desk.together.page import CommentForm
from flows.desk.views import file_response, render_ticket, visible_ticket
from flows.tickets.models import Ticket
from flows.tickets.together.comments import (
    MentionedMayNotSee,
    add_comment,
    edit_comment,
    stop_watching,
    watch_myself,
)
from flows.tickets.together.mentions import candidates, mentioned_in, without_sight
from flows.tickets.together.merging import taken_in
from flows.tickets.together.models import Comment
from flows.tickets.together.secrecy import may_see_files
from rules.store.problems import Refusal

MOST_WRITTEN = 50


@login_required
@require_POST
def comment(request, pk):
    found = visible_ticket(request, pk)
    form = CommentForm(request.POST, request.FILES, ticket=found)
    if not form.is_valid():
        return render_ticket(request, found, comment=form, status=422)
    try:
        made = add_comment(
            ticket=found,
            text=form.cleaned_data["text"],
            is_public=form.cleaned_data["is_public"],
            uploads=form.cleaned_data["files"],
            though_unseen=form.cleaned_data["though_unseen"],
            by=request.user,
            at=timezone.now(),
        )
    except MentionedMayNotSee as refusal:
        form.unseen = refusal.sentence
    except Refusal as refusal:
        form.refusal = refusal.sentence
    else:
        return redirect(f"{found_address(found)}#comment-{made.pk}")
    return render_ticket(request, found, comment=form, status=422)


def found_address(found: Ticket) -> str:
    return reverse("desk:ticket", args=[found.pk])


@login_required
@require_POST
def check_comment(request, pk):
    """Who is mentioned in what is being typed and would not be told."""
    found = visible_ticket(request, pk)
    blind = without_sight(mentioned_in(request.POST.get("comment-text", "")), found)
    return render(request, "desk/_mention_notice.html", {"people": blind})


@login_required
@require_safe
def people(request, pk):
    """Colleagues who may be meant by what is typed after @."""
    found = visible_ticket(request, pk)
    if not request.user.has_perm("tickets.change_ticket"):
        return JsonResponse({"people": []})
    written = request.GET.get("q", "")[:MOST_WRITTEN]
    return JsonResponse(
        {
            "people": [
                {
                    "username": one.person.username,
                    "name": str(one.person),
                    "note": "" if one.sees else _("may not see this ticket"),
                }
                for one in candidates(written, ticket=found)
            ]
        }
    )


@login_required
def edit(request, pk, comment_id):
    found = visible_ticket(request, pk)
    written = get_object_or_404(Comment, pk=comment_id, ticket=found, by=request.user)
    text, refusal = written.text, ""
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            edit_comment(comment=written, text=text, by=request.user, at=timezone.now())
        except Refusal as refused:
            refusal = refused.sentence
        else:
            messages.success(request, _("The comment was changed; what it said before can still be read."))
            return redirect(f"{found_address(found)}#comment-{written.pk}")
    context = {"ticket": found, "comment": written, "text": text, "refusal": refusal}
    return render(request, "desk/comment_edit.html", context, status=422 if refusal else 200)


@login_required
@require_safe
def comment_file(request, pk, comment_id, attachment_id):
    """For who sees the ticket, or the one it was merged into, and may see its files."""
    found = visible_ticket(request, pk)
    written = get_object_or_404(Comment.objects.select_related("ticket__version"), pk=comment_id)
    belongs = written.ticket_id in (found.pk, *taken_in(found))
    if not belongs or not all(may_see_files(one, by=request.user) for one in (found, written.ticket)):
        raise Http404
    return file_response(request, get_object_or_404(written.files, pk=attachment_id))


@login_required
@require_POST
def watch(request, pk):
    found = visible_ticket(request, pk)
    if request.POST.get("stop"):
        stop_watching(ticket=found, by=request.user)
        messages.success(request, _("You are not told about this ticket any more."))
    else:
        watch_myself(ticket=found, by=request.user, at=timezone.now())
        messages.success(request, _("You are told from now on what happens with this ticket."))
    return redirect("desk:ticket", pk=pk)
