"""The inbox: what is told, grouped, read, removed, and what is gone from it with what it tells of."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from accounts import auth, devices, graph, notices
from accounts.models import Follow, Mail, Notice, NoticeActor, Person, Totp
from accounts.notices import audience, deliveries, inbox, kinds, upkeep
from accounts.notices.kinds import TABLE, Channel, Group
from socialvideo.lib.errors import Problem
from tests import factories
from tests.accounts.noticing import ids, shown, texts, told

pytestmark = pytest.mark.django_db
Kind = notices.Kind


def follow(person: Person, *names: str) -> list[Person]:
    """Have people of these names follow somebody."""
    followers = [factories.person(name) for name in names]
    for follower in followers:
        graph.follow(follower=follower, followee=person)
    return followers


def suspended(person: Person) -> None:
    """Suspend somebody, bare."""
    Person.objects.filter(id=person.id).update(suspended_until=Now() + timedelta(days=1))


def test_who_follows_on_one_day_is_one_line_with_the_three_newest(requester: Person) -> None:
    follow(requester, "ana", "ben", "cleo", "dan", "eva")
    (line,) = shown(requester)
    assert line["text"] == "@eva, @dan and 3 others follow you."
    assert [actor["handle"] for actor in line["actors"]] == ["eva", "dan", "cleo"]
    assert (line["count"], line["thing"], line["read_at"], inbox.unread(requester)) == (5, None, None, 1)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("a", "@a follows you."),
        ("ab", "@a and @b follow you."),
        ("abc", "@a, @b and 1 other follow you."),
        ("abcde", "@a, @b and 3 others follow you."),
    ],
)
def test_a_line_counts_whom_it_does_not_name(names: str, words: str) -> None:
    assert kinds.line(Kind.FOLLOWED, list(names)[:3], len(names)) == words


def test_a_line_says_as_much_as_there_are_people_of(requester: Person) -> None:
    for name in ("ana", "ben"):
        told(requester, factories.person(name))
    assert texts(requester) == ["@ben and @ana follow you."]


def test_another_day_is_another_line(requester: Person) -> None:
    told(requester, factories.person("ana"))
    Notice.objects.update(day=F("day") - timedelta(days=1))
    told(requester, factories.person("ben"))
    assert texts(requester) == ["@ben follows you.", "@ana follows you."]


def test_who_unfollows_and_follows_again_is_told_once_in_thirty_days(requester: Person, stranger: Person) -> None:
    for _ in range(2):
        graph.follow(follower=stranger, followee=requester)
        inbox.read_up_to(person=requester, position=shown(requester)[0]["position"])
        Follow.objects.all().delete()
    assert inbox.unread(requester) == 0
    NoticeActor.objects.update(created_at=Now() - timedelta(days=31))
    graph.follow(follower=stranger, followee=requester)
    assert inbox.unread(requester) == 1


def test_a_removed_line_does_not_make_the_same_follower_news(requester: Person, stranger: Person) -> None:
    graph.follow(follower=stranger, followee=requester)
    inbox.remove(person=requester, notice_id=ids(requester)[0])
    Follow.objects.all().delete()
    graph.follow(follower=stranger, followee=requester)
    assert shown(requester) == []


def test_following_again_what_one_follows_tells_nothing(requester: Person, stranger: Person) -> None:
    for _ in range(2):
        graph.follow(follower=stranger, followee=requester)
    assert NoticeActor.objects.count() == 1


def test_nobody_is_told_what_they_did_themselves(requester: Person) -> None:
    told(requester, requester)
    assert Notice.objects.count() == 0


def test_what_is_undone_was_never_told(requester: Person, stranger: Person) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        told(requester, stranger)
        raise ZeroDivisionError
    assert shown(requester) == []


def test_what_was_read_and_grows_is_unread_again_and_first(requester: Person) -> None:
    told(requester, factories.person("ana"))
    told(requester, kind=Kind.JOB_FAILED)
    inbox.read_up_to(person=requester, position=shown(requester)[0]["position"])
    assert inbox.unread(requester) == 0
    told(requester, factories.person("ben"))
    assert [(row["kind"], row["read_at"] is None) for row in shown(requester)] == [
        ("followed", True),
        ("job_failed", False),
    ]


def test_reading_up_to_what_was_shown_leaves_what_came_since_unread(requester: Person) -> None:
    told(requester, factories.person("ana"))
    seen = shown(requester)[0]["position"]
    told(requester, factories.person("ben"))
    inbox.read_up_to(person=requester, position=seen)
    assert inbox.unread(requester) == 1


def test_one_is_read_and_one_is_removed_by_its_id_and_only_by_its_reader(requester: Person, stranger: Person) -> None:
    told(requester, stranger)
    told(requester, kind=Kind.JOB_FAILED)
    failed, followed = ids(requester)
    for act in (inbox.read, inbox.remove):
        with pytest.raises(Problem):
            act(person=stranger, notice_id=failed)
    assert (inbox.unread(requester), len(ids(requester))) == (2, 2)
    inbox.read(person=requester, notice_id=failed)
    assert inbox.unread(requester) == 1
    inbox.remove(person=requester, notice_id=followed)
    assert (inbox.unread(requester), ids(requester)) == (0, [failed])
    with pytest.raises(Problem):
        inbox.remove(person=requester, notice_id=followed)


def test_a_suspended_actor_is_in_neither_names_nor_counts(requester: Person) -> None:
    ana, ben = follow(requester, "ana", "ben")
    suspended(ana)
    (line,) = shown(requester)
    assert (line["text"], line["count"], len(line["actors"])) == ("@ben follows you.", 1, 1)
    suspended(ben)
    assert (shown(requester), inbox.unread(requester)) == ([], 0)
    Person.objects.update(suspended_until=None)
    assert inbox.unread(requester) == 1


def test_who_may_be_told_of_is_one_function(requester: Person, stranger: Person) -> None:
    assert audience.may_tell(recipient_id=requester.id, actor_id=stranger.id)
    suspended(stranger)
    assert not audience.may_tell(recipient_id=requester.id, actor_id=stranger.id)


def test_whatever_that_function_refuses_is_in_no_list_and_no_count(
    requester: Person, stranger: Person, monkeypatch: Any
) -> None:
    told(requester, stranger)
    told(requester, factories.person("ana"))
    blocked = f"(a.id <> '{stranger.id}')"
    monkeypatch.setattr(audience, "may_tell_sql", lambda recipient_id, actor: blocked)
    (line,) = shown(requester)
    assert (line["text"], line["count"]) == ("@ana follows you.", 1)


def test_a_notice_holds_no_name_and_no_text(requester: Person, stranger: Person) -> None:
    told(requester, stranger)
    with connection.cursor() as cursor:
        cursor.execute("SELECT n::text || x::text FROM accounts_notice n, accounts_noticeactor x")
        assert stranger.handle not in cursor.fetchone()[0]
    Person.objects.filter(id=stranger.id).update(handle="renamed")
    assert texts(requester) == ["@renamed follows you."]


def test_a_page_and_a_count_cost_one_query_each_however_many_there_are(requester: Person) -> None:
    for count in (1, 8):
        while Notice.objects.count() < count:
            Notice.objects.update(day=F("day") - timedelta(days=1))
            told(requester, factories.person())
        with CaptureQueriesContext(connection) as asked:
            assert len(shown(requester)) == count
            assert inbox.unread(requester) == count
        assert len(asked) == 2


def test_counts_end_at_a_hundred(requester: Person) -> None:
    people = Person.objects.bulk_create(
        Person(handle=f"many{n}", email=f"m{n}@example.org", display_name="x") for n in range(103)
    )
    notices.tell_all(kind=Kind.FOLLOWED, events=[notices.Told(requester.id, one.id) for one in people[:1]])
    line = Notice.objects.get()
    NoticeActor.objects.bulk_create(NoticeActor(notice=line, actor=one) for one in people[1:])
    assert shown(requester)[0]["count"] == 100


def test_several_are_told_in_one_statement(requester: Person, stranger: Person, subject: Person) -> None:
    events = [notices.Told(one.id, subject.id, subject.id) for one in (requester, stranger, requester)]
    with CaptureQueriesContext(connection) as asked:
        notices.tell_all(kind=Kind.GRANT_ENDED, events=events)
    assert len([query for query in asked if "SAVEPOINT" not in query["sql"]]) == 1
    assert [texts(one) for one in (requester, stranger)] == [["A grant that @eileen gave you has ended."]] * 2


def test_a_line_is_once_for_a_kind_a_thing_and_a_day(requester: Person, stranger: Person) -> None:
    told(requester, stranger)
    line = Notice.objects.values("recipient_id", "kind", "thing_id", "day", "position").get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(**line)


def test_every_kind_stands_in_the_published_table() -> None:
    assert set(TABLE) == set(Kind)
    assert all(entry.words.endswith(".") and "{who}" in entry.words for entry in TABLE.values() if entry.by_people)


def test_no_words_for_a_locked_screen_name_anybody() -> None:
    assert all("{" not in entry.discreet and "@" not in entry.discreet for entry in TABLE.values())


def test_consent_is_always_in_the_inbox_and_security_always_mailed() -> None:
    for entry in TABLE.values():
        if entry.group in (Group.CONSENT, Group.SECURITY):
            assert entry.is_fixed(Channel.IN_APP)
        if entry.group is Group.SECURITY:
            assert entry.is_fixed(Channel.MAIL)
            assert entry.default(Channel.MAIL)


def test_notices_older_than_ninety_days_go(requester: Person, stranger: Person, monkeypatch: Any) -> None:
    for kind, days in ((Kind.FOLLOWED, 91), (Kind.FOLLOW_REQUESTED, 91), (Kind.REQUEST_ACCEPTED, 89)):
        told(requester, stranger, kind)
        old = Now() - timedelta(days=days)
        Notice.objects.filter(kind=kind).update(created_at=old, newest_at=old)
    monkeypatch.setattr(upkeep, "AT_ONCE", 1)
    upkeep.keep()
    assert [row["kind"] for row in shown(requester)] == ["request_accepted"]
    assert NoticeActor.objects.count() == 1


def test_who_leaves_is_forgotten_on_both_sides(requester: Person, stranger: Person, subject: Person) -> None:
    for pair in ((requester, stranger), (stranger, requester), (subject, stranger), (subject, requester)):
        told(*pair)
    notices.forget(person_id=requester.id)
    assert (shown(requester), shown(stranger)) == ([], [])
    assert texts(subject) == ["@kim follows you."]
    assert not NoticeActor.objects.filter(actor=requester).exists()
    assert Notice.objects.count() == 1


def log_in(person: Person, **more: str) -> None:
    """Log in by password."""
    auth.log_in(handle=person.handle, password=factories.PASSWORD, device="telephone", **more)


def test_a_log_in_on_another_device_is_told_and_mailed_and_the_first_and_a_known_one_are_not(
    requester: Person,
) -> None:
    log_in(requester)
    log_in(requester, device_token=devices.remember(requester))
    assert shown(requester) == []
    log_in(requester)
    assert texts(requester) == ["Your account was signed in to on another device."]
    deliveries.spread()
    assert [row.event for row in Mail.objects.all()] == ["signed_in"]


def test_a_log_in_in_two_steps_remembers_whether_the_device_is_known(requester: Person) -> None:
    secret = factories.second_factor(requester)
    for known, told_of in ((True, 0), (False, 1)):
        auth.begin(person=requester, device="old")
        token = devices.remember(requester) if known else ""
        with pytest.raises(Problem) as needed:
            log_in(requester, device_token=token)
        assert len(shown(requester)) == 0
        Totp.objects.update(last_step=0)
        half = needed.value.members["half_session"]
        auth.log_in_with_code(half_session=half, code=factories.digits(secret), device="telephone")
        assert len(shown(requester)) == told_of


def test_a_wrong_password_tells_nobody(requester: Person) -> None:
    auth.begin(person=requester, device="old")
    with pytest.raises(Problem):
        auth.log_in(handle="sam", password="wrong", device="x")
    assert shown(requester) == []
