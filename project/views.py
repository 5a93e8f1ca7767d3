from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe


@require_safe
def up(request):
    """For the supervisor, containers and load balancers: answers when the database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("up", content_type="text/plain")


@login_required
def home(request):
    """Each persona's first page: the admin for who configures and reviews, the desk for everyone else."""
    configures = request.user.has_perm("wagtailadmin.access_admin")
    return redirect("wagtailadmin_home" if configures else "desk:home")
