"""Sending mail, and redeeming the tokens that it carried: signed, short-lived, good for one use.

A request only writes the row, so that its time does not tell whether an address is known; a worker sends it.
"""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts import unsubscribing
from accounts.letters import letter
from accounts.models import Mail, Person
from socialvideo.lib import queue
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem, invalid

log = logging.getLogger(__name__)
SEND = "accounts.tasks.send_mail"
Kind = Mail.Kind
LIFE = {Kind.VERIFY: timedelta(days=2), Kind.CHANGE: timedelta(hours=2), Kind.RESET: timedelta(hours=1)}
# One a minute, and five an hour: an address is not to be flooded in our name.
PAUSE, HOUR, PER_HOUR = timedelta(minutes=1), timedelta(hours=1), 5
# Of mail that a person did not ask for, for anybody can write anybody's address.
PER_ADDRESS = 10
UNPROVED = (Kind.VERIFY, Kind.CHANGE)
ATTEMPTS = 8
AGAIN = timedelta(seconds=30)
# A mailbox that is away makes each wait: after so many the others wait for the next round.
PATIENCE = 3
KEPT = timedelta(days=30)
SUMMARY_LIFE = timedelta(days=1)
# They carry no token.
NEWS = (Kind.NOTICE, Kind.SUMMARY)


def post(*, person: Person, kind: Kind, to: str) -> None:
    """Send a mail with a token; 429 while the person's last ones of this kind are too young.

    To an address that nobody proved and that was written to often in this hour none goes out, in silence: to whom we
    write is nobody else's to learn.
    """
    now = database_now()
    _require_pause(person, kind, now)
    flooded = kind in UNPROVED and _lately(to, now) >= PER_ADDRESS
    _write(person, kind, to, expires_at=now + LIFE[kind], attempts=ATTEMPTS if flooded else 0)


def post_until(*, person: Person, kind: Kind, expires_at: datetime) -> None:
    """Send a person a mail whose token is good until then."""
    _write(person, kind, person.email, expires_at=expires_at)


def _require_pause(person: Person, kind: Kind, now: datetime) -> None:
    sent = Mail.objects.filter(person=person, kind=kind, created_at__gt=now - HOUR).order_by("-created_at")
    times = list(sent.values_list("created_at", flat=True)[:PER_HOUR])
    if times and (times[0] > now - PAUSE or len(times) == PER_HOUR):
        free_at = max(times[0] + PAUSE, times[-1] + HOUR if len(times) == PER_HOUR else now)
        seconds = str(max(1, round((free_at - now).total_seconds())))
        detail = f"A mail was sent already. Look for it, or ask again in {seconds} seconds."
        raise Problem(429, "mail_sent_already", detail, headers={"Retry-After": seconds})


def notify(person: Person, event: str, *, at_most_hourly: bool = False) -> None:
    """Tell a person by mail what happened (an Event, or a kind of notice), once the caller's transaction commits.

    ``at_most_hourly`` is for what somebody else causes, who could flood them.
    """
    lately = Mail.objects.filter(person=person, event=event, created_at__gt=Now() - HOUR)
    if not (at_most_hourly and lately.exists()):
        _write(person, Kind.NOTICE, person.email, event=event)


def sum_up(person: Person, text: str) -> None:
    """Send a summary that says this, once the caller's transaction commits. A day later it is not news any more."""
    _write(person, Kind.SUMMARY, person.email, text=text, expires_at=database_now() + SUMMARY_LIFE)


def token(row: Mail) -> str:
    """Return the token that a mail carries."""
    return signing.Signer(salt=f"mail.{row.kind}").sign(row.id.hex)


def redeem(text: str, *kinds: Kind) -> Mail:
    """Use a token up, in the caller's transaction; 422 unless it is one of these kinds, unused and within its time."""
    for kind in kinds:
        if mail_id := _unsigned(text, kind):
            usable = Mail.objects.filter(id=mail_id, kind=kind, used_at=None, expires_at__gt=Now())
            if usable.update(used_at=Now()):
                return Mail.objects.select_related("person").get(id=mail_id)
    raise invalid("/token", "token_unusable", "This token is wrong, used or too old. Ask for a new mail.")


def void(person: Person, *kinds: Kind) -> None:
    """Make every unused token of these kinds useless."""
    Mail.objects.filter(person=person, kind__in=kinds, used_at=None).update(used_at=Now())


def deliver(mail_id: UUID) -> bool:
    """Send one mail unless it is sent or being sent; return whether it went out. A refused one is tried again later."""
    with transaction.atomic():
        unsent = Mail.objects.filter(id=mail_id, sent_at=None, attempts__lt=ATTEMPTS)
        row = unsent.select_for_update(skip_locked=True, of=("self",)).select_related("person").first()
        if row is None:
            return False
        try:
            _send(row)
        except (SMTPException, OSError, ValueError) as error:  # ValueError: an address that no mail server knows
            log.warning("mail %s was not taken: %s", row.id, error)
            unsent.update(attempts=row.attempts + 1, due_at=Now() + AGAIN * 2**row.attempts)
            return False
        Mail.objects.filter(id=row.id).update(sent_at=Now())
        return True


def deliver_due() -> int:
    """Send what was not sent, and forget what is a month old; return how many went out."""
    Mail.objects.filter(created_at__lt=Now() - KEPT).delete()
    usable = Mail.objects.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), sent_at=None, attempts__lt=ATTEMPTS)
    due = usable.filter(due_at__lte=Now()).order_by("due_at").values_list("id", flat=True)[:100]
    failed = sent = 0
    for mail_id in due:
        went_out = deliver(mail_id)
        sent, failed = sent + went_out, failed + (not went_out)
        if failed == PATIENCE:
            break
    return sent


def _write(person: Person, kind: Kind, to: str, **fields: object) -> None:
    row = Mail.objects.create(person=person, kind=kind, to=to, **fields)
    queue.wake(SEND, mail_id=str(row.id))


def _lately(to: str, now: datetime) -> int:
    """Return how many mails with a token went to an address in the last hour for whomever; ten are enough to know."""
    written = Mail.objects.filter(to=to, kind__in=UNPROVED, created_at__gt=now - HOUR, attempts__lt=ATTEMPTS)
    return written.order_by()[:PER_ADDRESS].count()


def _send(row: Mail) -> None:
    carried = "" if row.kind in NEWS else token(row)
    stop = unsubscribing.address(row.person_id, row.event or row.kind) if row.kind in NEWS else ""
    subject, text = letter(
        kind=row.kind,
        event=row.event,
        handle=row.person.handle,
        token=carried,
        app_url=settings.APP_URL,
        news=row.text,
        stop=stop,
    )
    headers = unsubscribing.headers(stop) if stop else {}
    EmailMessage(subject, text, None, [row.to], headers=headers).send()


def _unsigned(text: str, kind: Kind) -> UUID | None:
    try:
        return UUID(signing.Signer(salt=f"mail.{kind}").unsign(text))
    except (signing.BadSignature, ValueError):
        return None
