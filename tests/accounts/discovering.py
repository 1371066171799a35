"""What tests of contact discovery do as clients: prove numbers, evaluate, send contacts; and a signer to talk to."""

import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from accounts.discovery import codes, contacts, enrolments, epochs, matching, pacing, prefixes, sealing
from accounts.discovery.signer import Signer
from accounts.models import ContactEdge, DiscoveryEnrolment, DiscoveryTag, Person
from socialvideo.lib.clock import database_now
from tests import factories

CAUGHT: list[tuple[str, str]] = []


def catch(*, number: str, text: str) -> None:
    """A sender that keeps what it is given, for the test to read."""
    CAUGHT.append((number, text))


def code() -> str:
    """The code of the last text message."""
    found = re.search(r"\d{6}", CAUGHT[-1][1])
    assert found
    return found.group()


def wrong(right: str) -> str:
    """Another code of the same length."""
    return f"{(int(right) + 1) % 10**6:06}"


def fresh_number() -> str:
    """A number that nobody has had in this run (a British mobile range)."""
    return f"+447400{secrets.randbelow(10**6):06}"


def asked(person: Person, number: str) -> codes.Challenge:
    """Have a code sent to a person's number, however often that happened before."""
    pacing._sent.clear()
    return codes.send(number=number, purpose=codes.Purpose.ENROLMENT, person=person)


def enrolled(number: str = "", handle: str = "", person: Person | None = None) -> Person:
    """A person who may be found by a number, which they proved."""
    person = person or factories.person(handle)
    challenge = asked(person, number or fresh_number())
    enrolments.enrol(person=person, challenge=challenge.challenge, code=code())
    return person


def known(person: Person) -> DiscoveryEnrolment:
    """Enrol somebody without the signer: rows as ``enrol`` would leave them, with marks of chance."""
    made = DiscoveryEnrolment.objects.create(person=person, sealed_number=sealing.seal(b"+1", purpose=b"none"))
    for epoch in epochs.unended():
        tag, leaf = secrets.token_bytes(32), secrets.token_bytes(32)
        DiscoveryTag.objects.create(enrolment=made, epoch=epoch, tag=tag, prefix=prefixes.prefix(tag), leaf=leaf)
    return made


def encoded(epoch: int, numbers: Sequence[str]) -> bytes:
    """What a client sends when these are its contacts."""
    found = next(each for each in epochs.usable() if each.number == epoch)
    return prefixes.encode(prefixes.prefix(mark.tag) for mark in enrolments.marks_in(found, numbers))


def has(person: Person, *numbers: str) -> None:
    """Let a person have these contacts, in the newest epoch, all looked up."""
    epoch = epochs.usable()[-1].number
    wanted = prefixes.decode(encoded(epoch, numbers), limit=contacts.LIMIT) if numbers else []
    contacts.replace(person_id=person.id, epoch=epoch, wanted=wanted, sent_at=database_now())


def befriend(one: Person, other: Person) -> None:
    """Let two members have each other, and be matched."""
    ends = [DiscoveryEnrolment.objects.get(person=person) for person in (one, other)]
    for owner, target in (ends, ends[::-1]):
        ContactEdge.objects.create(owner=owner, target=target, epoch=epochs.usable()[-1])
    matching.tick_all()


def matched(person: Person) -> set[str]:
    """The handles that a person was matched with."""
    return {matching.other(match, person).handle for match in matching.matches_of(person)}


@dataclass
class Replies:
    """A WSGI client: calls an application and keeps status and body."""

    application: Signer

    def ask(self, method: str, path: str, body: bytes = b"", token: str = "token") -> tuple[int, bytes]:
        """Make one request."""
        said: list[str] = []
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Bearer {token}",
            "wsgi.input": _Body(body),
        }
        answer = b"".join(self.application(environ, lambda status, _: said.append(status)))
        return int(said[0][:3]), answer


@dataclass
class _Body:
    content: bytes

    def read(self, size: int) -> bytes:
        return self.content[:size]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Threading(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextmanager
def listening(application: Signer) -> Iterator[str]:
    """Serve a signer over HTTP on a free port; the address."""
    server = make_server("127.0.0.1", 0, application, server_class=_Threading, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
