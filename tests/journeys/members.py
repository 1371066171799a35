"""Members of contact discovery over real HTTP: they sign up, prove numbers, and have their contacts looked up."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

import urllib3

from accounts.discovery import prefixes, voprf
from accounts.discovery.remote import split
from tests.journeys.running import Running

OCTETS = "application/octet-stream"
CODE = re.compile(r"text message: (\d{6}) is your code")
SIGN_UP = """
WITH made AS (
    INSERT INTO accounts_person (id, password, is_superuser, handle, email, display_name, bio, picture, is_staff,
        is_active, verified_at)
    VALUES (gen_random_uuid(), '!', false, %s, %s, 'member', '', '', false, true, now())
    RETURNING id)
INSERT INTO accounts_session (id, person_id, token_digest, device, expires_at)
SELECT gen_random_uuid(), id, %s, 'test', now() + interval '1 day' FROM made RETURNING id
"""


def british(count: int) -> list[str]:
    """So many different numbers (British mobiles)."""
    return [f"+447{number:09}" for number in secrets.SystemRandom().sample(range(10**9), count)]


@dataclass
class Member:
    """Somebody with an account, perhaps a number, and the tags that they made."""

    running: Running
    number: str = ""
    token: str = ""
    handle: str = field(default_factory=lambda: f"m{secrets.token_hex(6)}")
    tags: dict[str, bytes] = field(default_factory=dict)
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=60))
    bytes_sent: int = 0

    def ask(self, method: str, path: str, *, json: Any = None, body: bytes = b"") -> urllib3.BaseHTTPResponse:
        """Make one request."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body:
            headers["Content-Type"] = OCTETS
        url = f"{self.running.house.api_url}/api/v1/{path}"
        content: dict[str, Any] = {"json": json} if json is not None else {"body": body}
        reply = self.pool.request(method, url, headers=headers, retries=False, timeout=60, **content)
        self.bytes_sent += len(body) + len(reply.data)
        return reply

    def sign_up(self) -> "Member":
        """Have an account and a session, written as signing up leaves them: hashing passwords would take the time."""
        self.token = secrets.token_urlsafe(32)
        digest = hashlib.sha256(self.token.encode()).digest()
        self.running.query(SIGN_UP, self.handle, f"{self.handle}@example.org", digest)
        return self

    def prove(self, purpose: str = "enrolment") -> dict[str, str]:
        """Have a code sent to the number; what proves it. The console writes the code into the server's log."""
        sent = self.ask("POST", f"contacts/{purpose}/code", json={"number": self.number})
        assert sent.status == 202, sent.data
        codes = CODE.findall((self.running.house.var / "log" / "api.log").read_text())
        return {"challenge": sent.json()["challenge"], "code": codes[-1]}

    def enrol(self) -> "Member":
        """Be found by the number."""
        reply = self.ask("PUT", "contacts/enrolment", json=self.prove())
        assert reply.status == 200, reply.data
        return self

    def newest(self) -> dict[str, Any]:
        """The epoch to use."""
        epoch: dict[str, Any] = self.ask("GET", "contacts/keys").json()["epochs"][-1]
        return epoch

    def synchronise(self, numbers: list[str]) -> None:
        """Have these be all of my contacts."""
        epoch = self.newest()
        fresh = [number for number in numbers if number not in self.tags]
        for place in range(0, len(fresh), 1000):
            batch = fresh[place : place + 1000]
            blinded = [voprf.blind(number.encode()) for number in batch]
            reply = self.evaluate(b"".join(each.element for each in blinded), epoch["epoch"])
            assert reply.status == 200, reply.data
            outputs = voprf.finalise(bytes.fromhex(epoch["public_key"]), blinded, split(reply.data))
            self.tags |= {number: output[:32] for number, output in zip(batch, outputs, strict=True)}
        content = prefixes.encode(prefixes.prefix(self.tags[number]) for number in numbers)
        assert self.put(content, epoch["epoch"]).status == 202

    def evaluate(self, elements: bytes, epoch: int) -> urllib3.BaseHTTPResponse:
        """Ask for an evaluation."""
        return self.ask("POST", f"contacts/evaluations?epoch={epoch}", body=elements)

    def put(self, content: bytes, epoch: int) -> urllib3.BaseHTTPResponse:
        """Send a set of contacts."""
        return self.ask("PUT", f"contacts/edges?epoch={epoch}", body=content)

    def matches(self) -> set[str]:
        """Whom I was matched with."""
        return {match["person"]["handle"] for match in self.ask("GET", "contacts/matches?limit=100").json()["data"]}
