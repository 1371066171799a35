"""What a member asks of discovery: keys, evaluations, and to have their contacts looked up. Members only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.discovery import budgets, contacts, enrolments, epochs, intake, prefixes, remote, statements, voprf
from accounts.discovery.signer import MAX_BYTES
from accounts.models import Person
from socialvideo.lib.clock import rfc3339, wall_now
from socialvideo.lib.errors import Problem, invalid


@dataclass(frozen=True)
class Standing:
    """That somebody may be found, since when, and how many contacts they may still have evaluated."""

    opted_in_at: datetime
    evaluations_left: int


def published_keys() -> dict[str, Any]:
    """Return the signed keys of the epochs in use, the same for whoever asks."""
    said = [
        {
            "epoch": epoch.number,
            "public_key": bytes(epoch.public_key).hex(),
            "begins_at": rfc3339(epoch.begins_at),
            "ends_at": rfc3339(epoch.ends_at),
        }
        for epoch in epochs.usable()
    ]
    content = {"epochs": said, "statement_key": statements.public_key().hex(), "timestamp": rfc3339(wall_now())}
    return statements.signed(content)


def standing(person: Person) -> Standing:
    """Return where a person stands; 404 when they may not be found."""
    enrolment = enrolments.find(person)
    return Standing(enrolment.opted_in_at, budgets.remaining(person.id))


def evaluate(*, person: Person, epoch: int, elements: bytes) -> bytes:
    """Return evaluated elements and proof; 409 for who may not be found, 422 for a wrong size, 429 over the budget."""
    enrolments.require(person)
    epochs.find(epoch)
    count = _counted(elements)
    budgets.spend(person_id=person.id, count=count)
    try:
        return remote.evaluate(epoch, elements)
    except Problem:
        budgets.give_back(person_id=person.id, count=count)
        raise


def send_contacts(*, person: Person, epoch: int, content: bytes) -> int:
    """Take in all contacts of a person in an epoch, to be looked up after the reply; return how many came."""
    enrolments.require(person)
    epochs.find(epoch)
    try:
        wanted = prefixes.decode(content, limit=contacts.LIMIT)
    except prefixes.SetWrong as error:
        raise invalid("", "contacts_unusable", f"This is no set of contacts: {error}.") from error
    intake.put(person_id=person.id, epoch=epoch, content=content)
    return len(wanted)


def _counted(elements: bytes) -> int:
    """How many elements these are; what cannot be evaluated is refused here, before it costs anything."""
    if len(elements) % voprf.ELEMENT or not 0 < len(elements) <= MAX_BYTES:
        raise invalid("", "elements_unusable", "Send 1 to 1,000 elements of 32 bytes.")
    try:
        return len([voprf.checked(element) for element in voprf.pieces(elements)])
    except voprf.ElementWrong as error:
        raise invalid("", "elements_unusable", f"Not all of it can be evaluated: {error}.") from error
