"""Blocks: of two people of whom one blocks the other, neither is there for the other. Nobody is told.

``unblocked`` for the ORM, ``unblocked_sql`` for SQL and ``between`` for one pair are the places where it is asked.
Moderators are hidden from nobody and nobody from them; as for consent, they are people like all others.
"""

from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string

from accounts import edges, notices
from accounts.models import Block, CloseFriend, Follow, FollowRequest, Person
from socialvideo.lib.errors import Problem

# Scalar questions, one index lookup each: no statistics can turn them into a join.
_BLOCKS = "(SELECT count(*) FROM accounts_block b WHERE b.blocker_id = {one} AND b.blocked_id = {other})"
_BETWEEN = f"({_BLOCKS} + {_BLOCKS.format(one='{other}', other='{one}')})"
_MODERATES = "(SELECT m.is_staff AND m.is_active FROM accounts_person m WHERE m.id = {one})"


class BlockHandler(Protocol):
    """What a dotted path in BLOCK_HANDLERS names; it runs in the block's transaction, under the pair's lock."""

    def __call__(self, *, one: UUID, other: UUID) -> None:
        """End what these two granted each other, in both directions, and what rests on it."""
        ...


def block(*, blocker: Person, blocked: Person) -> None:
    """Block a person: in one commit every follow, request, closeness and grant between the two ends, both ways.

    What is played of the one to the other is cut. Repeating it changes nothing; 422 for oneself.
    """
    if blocker.pk == blocked.pk:
        raise Problem(422, "block_oneself", "Nobody can block themselves.")
    with edges.changing(blocker.id, blocked.id):
        _, fresh = Block.objects.get_or_create(blocker=blocker, blocked=blocked)
        if not fresh:
            return
        for dotted in settings.BLOCK_HANDLERS:
            handler: BlockHandler = import_string(dotted)
            handler(one=blocker.id, other=blocked.id)
        FollowRequest.objects.filter(_both("follower", "followee", blocker, blocked)).delete()
        notices.part(one=blocker.id, other=blocked.id)
        CloseFriend.objects.filter(_both("person", "friend", blocker, blocked)).delete()
        Follow.objects.filter(_both("follower", "followee", blocker, blocked)).delete()
        edges.tell(blocker.id, blocked.id)


def unblock(*, blocker: Person, handle: str) -> bool:
    """Take a block back; what it ended stays ended. Return whether there was one.

    By handle, for the blocked one may be hidden in other ways, too.
    """
    row = Block.objects.filter(blocker=blocker, blocked__handle=handle).first()
    if row is None:
        return False
    with edges.changing(blocker.id, row.blocked_id):
        return bool(Block.objects.filter(id=row.id).delete()[0])


def blocks_of(blocker: Person) -> QuerySet[Block]:
    """Return whom a person blocks."""
    return Block.objects.filter(blocker=blocker).select_related("blocked")


def between(one: UUID, other: UUID) -> bool:
    """Tell whether one of two blocks the other."""
    return Block.objects.filter(Q(blocker=one, blocked=other) | Q(blocker=other, blocked=one)).exists()


def unblocked(viewer: Person, column: str = "id") -> Q:
    """Return the condition that the person in ``column`` is there for this viewer."""
    return Q() if viewer.is_moderator else none_between(viewer.id, OuterRef(column))


def blocks_me_not_sql(viewer: str, other: str) -> str:
    """Return the SQL predicate over two expressions: the other does not block the viewer, who may be blocking them."""
    return f"({_BLOCKS.format(one=other, other=viewer)} = 0 OR {_MODERATES.format(one=viewer)})"


def none_between(one: UUID | OuterRef, other: UUID | OuterRef) -> Q:
    """Return the condition that neither of two people blocks the other, whoever moderates; a column is an OuterRef."""
    there = Block.objects.filter(blocker=one, blocked=other)
    back = Block.objects.filter(blocker=other, blocked=one)
    return ~Q(Exists(there)) & ~Q(Exists(back))


def unblocked_sql(viewer: str, other: str) -> str:
    """Return the same as ``unblocked`` as an SQL predicate over two expressions that name people."""
    return f"({none_between_sql(viewer, other)} OR {_MODERATES.format(one=viewer)})"


def none_between_sql(one: str, other: str) -> str:
    """Return the same as ``none_between`` as an SQL predicate; each expression is used twice."""
    return f"({_BETWEEN.format(one=one, other=other)} = 0)"


def require_none(one: UUID, other: UUID) -> None:
    """Return if neither of two blocks the other; else the 404 problem."""
    if between(one, other):
        raise unknown()


def unknown() -> Problem:
    """Return the refusal for a handle that nobody has; somebody who is hidden is refused in the same words."""
    return Problem(404, "person_unknown", "Nobody has this handle.")


def _both(one: str, other: str, first: Person, second: Person) -> Q:
    """Return the condition of an edge between two people, in either direction."""
    return Q(**{one: first, other: second}) | Q(**{one: second, other: first})
