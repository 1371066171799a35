"""Health: is the process alive, is it ready to serve."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from socialvideo.lib.errors import plain_problem


def alive(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the process runs."""
    return HttpResponse("alive\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers, else the 503 problem."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return plain_problem(503, "database_unavailable", "The database does not answer. Try again in a few seconds.")
    return HttpResponse("ready\n", content_type="text/plain")
