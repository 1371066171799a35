"""Who is shown in a video is told that it is published, for as long as it is."""

import pytest

from accounts.models import Notice, Person
from consent import withdrawal
from consent.models import Grant
from consent.withdrawal import Scope
from feed import publishing
from socialvideo.lib.errors import Problem
from tests import factories
from tests.accounts.noticing import shown, texts
from worker.models import Video

pytestmark = pytest.mark.django_db


def test_whoever_is_shown_is_told_and_the_author_is_not(
    subject: Person, requester: Person, stranger: Person, video: Video
) -> None:
    post = factories.post(requester, video, audience="followers")
    (row,) = shown(subject)
    assert (row["text"], row["thing"]) == ("@sam published a video that shows you.", {"kind": "post", "id": post.id})
    assert (texts(requester), texts(stranger)) == (["Your video is ready."], [])


def test_what_is_removed_is_not_told_any_more(subject: Person, requester: Person, video: Video) -> None:
    post = factories.post(requester, video)
    publishing.remove(author=requester, post_id=post.id)
    assert shown(subject) == []


def test_what_is_withdrawn_is_not_told_any_more(subject: Person, requester: Person, video: Video, grant: Grant) -> None:
    factories.post(requester, video)
    withdrawal.withdraw(subject=subject, scope=Scope(grant_id=grant.id))
    assert shown(subject) == []


def test_what_is_not_published_is_not_told(subject: Person, requester: Person, stranger: Person, video: Video) -> None:
    before = Notice.objects.count()
    factories.post(requester, video)
    for author in (requester, stranger):
        with pytest.raises(Problem):
            factories.post(author, video)
    assert Notice.objects.count() == before + 1
