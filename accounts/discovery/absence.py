"""What somebody who is no member may have in writing: that their number is in nothing that discovery is committed to.

The statement proves itself offline: the tag is made anew from the number and the signer's proof, and the two leaves
beside it lead to the signed root. It says nothing of copies that an operator might hide.
"""

from typing import Any

from accounts.discovery import codes, enrolments, epochs, remote, sorted_tree, statements, transparency, voprf
from accounts.discovery.prefixes import prefix
from accounts.models import DiscoveryEpoch
from socialvideo.lib.clock import rfc3339, wall_now
from socialvideo.lib.errors import Problem

KIND = "absence"
ENROLLED = Problem(
    409, "number_enrolled", "A member is found by this number. If it is yours, opt out, or enrol it with your account."
)


def state(*, challenge: str, code: str) -> dict[str, Any]:
    """Return the signed statement on the number that the code proves; 409 when it is a member's. Nothing is stored."""
    number = codes.claimed(challenge)
    evidence = [(epoch, *_tag(epoch, number)) for epoch in epochs.usable()]
    codes.redeem(challenge=challenge, code=code, purpose=codes.Purpose.ABSENCE)
    if any(enrolments.with_prefix(epoch.number, [prefix(tag)]) for epoch, tag, _ in evidence):
        raise ENROLLED
    said = [_absent(epoch, tag, made) for epoch, tag, made in evidence]
    return statements.signed({"kind": KIND, "stated_at": rfc3339(wall_now()), "epochs": said})


def _tag(epoch: DiscoveryEpoch, number: str) -> tuple[bytes, dict[str, str]]:
    """The tag of a number, and how it was made: enough to make it again with the number and the public key."""
    blinded = voprf.blind(number.encode())
    answer = remote.evaluate(epoch.number, blinded.element)
    (output,) = remote.finalised(bytes(epoch.public_key), [blinded], answer)
    evaluation = remote.split(answer)
    made = {
        "blind": blinded.blind.to_bytes(voprf.SCALAR, "little").hex(),
        "evaluated": evaluation.elements[0].hex(),
        "proof": evaluation.proof.hex(),
    }
    return output[: enrolments.TAG], made


def _absent(epoch: DiscoveryEpoch, tag: bytes, made: dict[str, str]) -> dict[str, Any]:
    root, keys = transparency.present(epoch)
    try:
        near = sorted_tree.beside(keys, sorted_tree.key_of(tag))
    except ValueError as error:  # enrolled between the look-up and the root
        raise ENROLLED from error
    return {
        "epoch": epoch.number,
        **made,
        "tag": tag.hex(),
        "root": transparency.shown(root),
        "beside": [transparency.shown_place(spot) for spot in near],
    }
