"""What somebody who is no member may have in writing: that their number is in nothing that discovery is committed to.

The statement proves itself offline: the leaf is made anew from the number and the signer's proof, and the two leaves
beside it lead to the signed root. It says nothing of copies that an operator might hide.
"""

from typing import Any

from accounts.discovery import codes, epochs, sorted_tree, statements, transparency
from accounts.models import DiscoveryEpoch, DiscoveryTag
from socialvideo.lib.clock import rfc3339, wall_now
from socialvideo.lib.errors import Problem

KIND = "absence"
ENROLLED = Problem(
    409, "number_enrolled", "A member is found by this number. If it is yours, opt out, or enrol it with your account."
)


def state(*, challenge: str, code: str) -> dict[str, Any]:
    """Return the signed statement on the number that the code proves; 409 when it is a member's. Nothing is stored."""
    number = codes.claimed(challenge)
    evidence = [(epoch, *transparency.evidence(epoch, number)) for epoch in epochs.usable()]
    codes.redeem(challenge=challenge, code=code, purpose=codes.Purpose.ABSENCE)
    if any(_is_members(epoch, leaf) for epoch, leaf, _ in evidence):
        raise ENROLLED
    said = [_absent(epoch, leaf, made) for epoch, leaf, made in evidence]
    return statements.signed({"kind": KIND, "stated_at": rfc3339(wall_now()), "epochs": said})


def _is_members(epoch: DiscoveryEpoch, leaf: bytes) -> bool:
    return DiscoveryTag.objects.filter(epoch=epoch, leaf=leaf).exists()


def _absent(epoch: DiscoveryEpoch, leaf: bytes, made: dict[str, Any]) -> dict[str, Any]:
    root, leaves = transparency.present(epoch)
    try:
        near = sorted_tree.beside(leaves, leaf)
    except ValueError as error:  # enrolled between the look-up and the root
        raise ENROLLED from error
    return {**made, "root": transparency.shown(root), "beside": [transparency.shown_place(spot) for spot in near]}
