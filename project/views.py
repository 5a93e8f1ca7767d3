from django.db import connection
from django.http import HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def up(request):
    """For the supervisor, containers and load balancers: answers when the database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("up", content_type="text/plain")
