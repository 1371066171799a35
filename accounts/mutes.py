"""Mutes: whose posts a person leaves out of their following feed. Their grid opens as before; nobody is told."""

from django.db.models import QuerySet

from accounts.models import Mute, Person
from socialvideo.lib.errors import Problem

# Over %(viewer)s and an expression that names somebody: whom one mutes is read once for a whole list.
UNMUTED = "(({person} IN (SELECT mu.muted_id FROM accounts_mute mu WHERE mu.muter_id = %(viewer)s)) IS NOT TRUE)"


def mute(*, muter: Person, muted: Person) -> None:
    """Leave a person's posts out of one's feed; repeating it changes nothing. 422 for oneself."""
    if muter.pk == muted.pk:
        raise Problem(422, "mute_oneself", "Nobody can mute themselves.")
    Mute.objects.get_or_create(muter=muter, muted=muted)


def unmute(*, muter: Person, handle: str) -> bool:
    """Take a mute back; return whether there was one. By handle, for the muted one may be hidden by now."""
    return bool(Mute.objects.filter(muter=muter, muted__handle=handle).delete()[0])


def mutes_of(muter: Person) -> QuerySet[Mute]:
    """Return whom a person mutes."""
    return Mute.objects.filter(muter=muter).select_related("muted")


def unmuted_sql(person: str) -> str:
    """Return the SQL predicate that %(viewer)s does not mute whom the column ``person`` names."""
    return UNMUTED.format(person=person)
