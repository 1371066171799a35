"""What this room adds to a person's export: what they reported, and the statements of reasons that concern them."""

from django.db.models import Q

from accounts.models import Person
from moderation.models import Action, Report
from socialvideo.lib.archive import Archive, document

ABOUT = ("id", "video_id", "comment_id")


def add_reports(person: Person, archive: Archive) -> None:
    """Add them; of a decision never who took it."""
    reported = Report.objects.filter(reporter=person).order_by("id")
    concerning = Action.objects.filter(
        Q(video__owner=person, comment=None) | Q(comment__author=person), kind=Action.Kind.TAKEDOWN
    ).order_by("id")
    told = {
        "reports": reported.values(*ABOUT, "category", "detail", "state", "created_at").iterator(500),
        "statements": concerning.values(*ABOUT, "kind", "category", "reasons", "created_at").iterator(500),
    }
    archive.add("reports/reports.json", document(told))
