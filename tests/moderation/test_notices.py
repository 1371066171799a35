"""A takedown is told to who made the video and who is shown in it, with the way to its statement of reasons."""

import pytest

from accounts.models import Notice, Person
from moderation import actions
from socialvideo.lib.errors import Problem
from tests.accounts.noticing import shown
from worker.models import Video

pytestmark = pytest.mark.django_db
RULING = {"category": "other", "reasons": "It breaks the rules."}


def test_a_takedown_is_told_though_the_video_is_gone(
    moderator: Person, subject: Person, requester: Person, stranger: Person, video: Video
) -> None:
    action = actions.take_down(moderator=moderator, video_id=video.id, **RULING)
    for person in (subject, requester):
        (row,) = shown(person)
        assert (row["kind"], row["thing"]) == ("taken_down", {"kind": "statement", "id": action.id})
        assert RULING["reasons"] not in row["text"]
    assert shown(stranger) == []


def test_a_second_takedown_tells_nobody_again(moderator: Person, video: Video) -> None:
    actions.take_down(moderator=moderator, video_id=video.id, **RULING)
    before = Notice.objects.count()
    with pytest.raises(Problem):
        actions.take_down(moderator=moderator, video_id=video.id, **RULING)
    assert Notice.objects.count() == before
