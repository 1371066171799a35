"""Writing down that somebody is to be told something, in the transaction in which it happens."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.models import Notice, NoticeActor, NoticeChoice, NoticePlan, PushSubscription, Summary
from accounts.notices.kinds import TABLE
from accounts.notices.rules import FOLLOW_PAUSE
from socialvideo.lib import queue
from socialvideo.lib.ids import new_id
from socialvideo.lib.prepared import Statement

SPREAD = "accounts.notices.tasks.spread"
# What is unread grows in silence. What was read becomes unread, and is spread anew. The rows are taken in one order.
TELL = Statement("""
WITH told AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(positions)s::uuid[], %(recipients)s::uuid[], %(actors)s::uuid[],
        %(things)s::uuid[]) AS t(id, position, recipient, actor, thing)),
line AS (
    INSERT INTO accounts_notice (id, position, recipient_id, kind, thing_id, day)
    SELECT id, position, recipient, %(kind)s::text, thing, (now() AT TIME ZONE 'UTC')::date FROM told
    ORDER BY recipient, thing
    ON CONFLICT (recipient_id, kind, thing_id, day) WHERE removed_at IS NULL DO UPDATE SET
        position = greatest(accounts_notice.position, excluded.position),
        newest_at = greatest(accounts_notice.newest_at, now()),
        spread_at = CASE WHEN accounts_notice.read_at IS NULL THEN accounts_notice.spread_at END,
        read_at = NULL
    RETURNING id, recipient_id, thing_id),
actor AS (
    INSERT INTO accounts_noticeactor (notice_id, actor_id)
    SELECT line.id, told.actor FROM line JOIN told
        ON told.recipient = line.recipient_id AND told.thing IS NOT DISTINCT FROM line.thing_id
    WHERE told.actor IS NOT NULL ORDER BY line.id ON CONFLICT DO NOTHING)
SELECT EXISTS (SELECT 1 FROM line JOIN accounts_session e ON e.person_id = line.recipient_id
    JOIN accounts_pushsubscription s ON s.session_id = e.id)
""")

# Whether somebody was told of another in the last while.
LATELY = Statement("""
SELECT n.id FROM accounts_notice n
WHERE n.recipient_id = %(recipient_id)s AND n.kind = %(kind)s AND n.newest_at > now() - %(pause)s::interval
    AND (SELECT count(*) FROM accounts_noticeactor a WHERE a.notice_id = n.id AND a.actor_id = %(actor_id)s
        AND a.created_at > now() - %(pause)s::interval) > 0
LIMIT 1
""")


@dataclass(frozen=True)
class Told:
    """One event for one person: who did it (None: nobody whom they would know) and what it is about."""

    recipient_id: UUID
    actor_id: UUID | None = None
    thing_id: UUID | None = None


def tell(*, kind: Notice.Kind, recipient_id: UUID, actor_id: UUID | None = None, thing_id: UUID | None = None) -> None:
    """Tell one person; nobody is told what they did themselves. Joins the caller's transaction."""
    tell_all(kind=kind, events=[Told(recipient_id, actor_id, thing_id)])


def tell_all(*, kind: Notice.Kind, events: Iterable[Told]) -> None:
    """Tell several people of one kind in one statement; of equal events each counts once.

    Call it before the ledger is held: a line of the inbox may be held by another transaction that waits for the ledger.
    """
    fresh = {(event.recipient_id, event.thing_id): event for event in events if event.recipient_id != event.actor_id}
    if not fresh:
        return
    positions = [new_id() for _ in fresh]
    ((is_pushed_to,),) = TELL.rows(
        kind=kind.value,
        ids=[new_id() for _ in fresh],
        positions=positions,
        recipients=[event.recipient_id for event in fresh.values()],
        actors=[event.actor_id for event in fresh.values()],
        things=[event.thing_id for event in fresh.values()],
    )
    # Without a browser nothing is urgent but what is mailed by default: the sweep comes every 30 seconds.
    if is_pushed_to or TABLE[kind].mail:
        queue.wake(SPREAD)


def followed(*, follower_id: UUID, followee_id: UUID) -> None:
    """Tell somebody that they are followed: of each follower once in 30 days, however often these come and go."""
    kind, pair = Notice.Kind.FOLLOWED, {"recipient_id": followee_id, "actor_id": follower_id}
    if not LATELY.rows(kind=kind.value, pause=FOLLOW_PAUSE, **pair):
        tell(kind=kind, **pair)


def untell(*, kind: Notice.Kind, recipient_id: UUID, actor_id: UUID, thing_id: UUID | None = None) -> None:
    """Take back what was told of somebody, who took it back themselves or was answered; about one thing, if given."""
    about = {"notice__thing_id": thing_id} if thing_id else {}
    NoticeActor.objects.filter(notice__recipient=recipient_id, notice__kind=kind, actor=actor_id, **about).delete()


def part(*, one: UUID, other: UUID) -> None:
    """Remove what each of two people was told of the other, in the caller's transaction."""
    each = Q(notice__recipient=one, actor=other) | Q(notice__recipient=other, actor=one)
    NoticeActor.objects.filter(each).delete()


def forget(*, person_id: UUID) -> None:
    """Remove all that was told to a person and all that tells of them, in the caller's transaction."""
    alone = Notice.objects.filter(Exists(NoticeActor.objects.filter(notice=OuterRef("pk"), actor=person_id)))
    others = NoticeActor.objects.filter(notice=OuterRef("pk")).exclude(actor=person_id)
    alone.exclude(Exists(others)).delete()
    NoticeActor.objects.filter(actor=person_id).delete()
    Notice.objects.filter(recipient=person_id).delete()
    PushSubscription.objects.filter(session__person=person_id).delete()
    for model in (NoticeChoice, NoticePlan, Summary):
        model.objects.filter(person=person_id).delete()
