"""Ten callers of every route: what each is to the requester, whose things the small world holds, and to the subject."""

from datetime import timedelta

from rest_framework.test import APIClient

from accounts import blocks, graph, standing
from socialvideo.lib.clock import wall_now
from tests import factories
from tests.contract.world import ANONYMOUS, World

CALLERS = (
    *(ANONYMOUS, "stranger", "follower", "blocked", "mutual", "subject", "requester", "suspended"),
    *("moderator", "admin"),
)


def callers(world: World) -> dict[str, APIClient]:
    """Return a client for each, made before what stands between them: a suspended person still has their token."""
    admin = factories.person("alma", is_staff=True, is_superuser=True)
    others = {name: factories.person(f"{name}_1") for name in ("follower", "blocked", "mutual", "suspended")}
    people = {**world.people, **others, "admin": admin}
    clients = {name: factories.client(people[name]) for name in CALLERS if name != ANONYMOUS}
    for owner in (world.people["requester"], world.people["subject"]):
        graph.follow(follower=others["follower"], followee=owner)
        factories.mutual(others["mutual"], owner)
        blocks.block(blocker=owner, blocked=others["blocked"])
    until = wall_now() + timedelta(days=1)
    standing.suspend(person=others["suspended"], moderator=admin, until=until, reason="spam")
    return {ANONYMOUS: APIClient(), **clients}
