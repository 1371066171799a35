"""The signer as web tier and worker see it. When it does not answer, discovery is away: 503, nothing is done."""

import logging
from functools import cache

import urllib3
from django.conf import settings

from accounts.discovery import voprf
from accounts.discovery.voprf import Evaluation
from socialvideo.lib.errors import Problem

log = logging.getLogger(__name__)

TIMEOUT = urllib3.Timeout(connect=2, read=10)
OK, GONE = 200, 204
TAGS, LEAVES = "tags", "leaves"


def make(number: int) -> tuple[bytes, bytes]:
    """Return the public keys of an epoch, for tags and for leaves, which the signer makes at the first call."""
    status, body = _ask("PUT", f"/epochs/{number}")
    if status != OK or len(body) != 2 * voprf.ELEMENT:
        raise _away(f"status {status}")
    return body[: voprf.ELEMENT], body[voprf.ELEMENT :]


def destroy(number: int) -> None:
    """Have the signer destroy the key of an epoch."""
    status, _ = _ask("DELETE", f"/epochs/{number}")
    if status != GONE:
        raise _away(f"status {status}")


def evaluate(number: int, elements: bytes, use: str = TAGS) -> bytes:
    """Return the evaluated elements and the proof, as the signer wrote them; ``use`` names the key: TAGS or LEAVES."""
    status, body = _ask("POST", f"/epochs/{number}/{use}", elements)
    if status != OK or len(body) != len(elements) + voprf.PROOF:
        raise _away(f"status {status}")
    return body


def outputs(number: int, use: str, public: bytes, contents: list[bytes]) -> list[bytes]:
    """Return the VOPRF outputs of contents of our own, which the signer does not see either."""
    blinded = [voprf.blind(content) for content in contents]
    return finalised(public, blinded, evaluate(number, b"".join(each.element for each in blinded), use))


def finalised(public: bytes, blinded: list[voprf.Blinded], answer: bytes) -> list[bytes]:
    """Return the outputs in an answer; the 503 problem when it was not made with the key of the epoch."""
    try:
        return voprf.finalise(public, blinded, split(answer))
    except voprf.ProofWrong as error:
        raise _away(f"the signer holds another key: {error}") from error


def split(answer: bytes) -> Evaluation:
    """Return an answer as its elements and its proof."""
    end = len(answer) - voprf.PROOF
    return Evaluation(tuple(voprf.pieces(answer[:end])), answer[end:])


def _ask(method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {settings.DISCOVERY_SIGNER_TOKEN}"}
    url = f"{settings.DISCOVERY_SIGNER_URL}{path}"
    try:
        reply = _pool().request(method, url, body=body, headers=headers, timeout=TIMEOUT, retries=False)
    except urllib3.exceptions.HTTPError as error:
        raise _away(type(error).__name__) from error
    return reply.status, reply.data


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=8)


def _away(why: str) -> Problem:
    log.error("the signer of contact discovery cannot be used: %s", why)
    detail = "Contact discovery is away. Try again in a minute."
    return Problem(503, "discovery_unavailable", detail, headers={"Retry-After": "60"})
