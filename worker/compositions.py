"""What is put together from films that are there: cut to a part, one after the other, side by side, another sound.

A composition draws nobody anew. It shows whomever its films show, on the grants that those rest on, and says which
films it is made of, in which role.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID


class Kind(StrEnum):
    """How the films are put together."""

    TRIM = "trim"
    """A part of one film."""
    STITCH = "stitch"
    """A part of somebody's film, then one's own."""
    DUET = "duet"
    """Both at once, side by side or one above the other, as long as the shorter."""
    SOUND = "sound"
    """One's own film with the sound of another."""


class Layout(StrEnum):
    """Where the two films of a duet stand."""

    SIDE_BY_SIDE = "side_by_side"
    STACKED = "stacked"


class Role(StrEnum):
    """What a film is in another that was made of it."""

    ORIGINAL = "original"
    SECOND = "second"
    SOUND = "sound"


ROLES: dict[Kind, tuple[Role, ...]] = {
    Kind.TRIM: (Role.ORIGINAL,),
    Kind.STITCH: (Role.ORIGINAL, Role.SECOND),
    Kind.DUET: (Role.ORIGINAL, Role.SECOND),
    Kind.SOUND: (Role.ORIGINAL, Role.SOUND),
}
SHORTEST_MS, LONGEST_MS = 300, 180_000
# How much of another's film a stitch may begin with.
STITCHED_MS = 5_000


@dataclass(frozen=True)
class Part:
    """One film, from ``start_ms`` to ``end_ms``; ``gain`` is how loud it is, in per cent of its own sound."""

    video: UUID
    start_ms: int
    end_ms: int
    gain: int = 100

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True)
class Composition:
    """Which parts of which films, and how; the first is the one whose picture, or beginning, it has.

    ``cover_ms`` says of which moment the poster is, if that was chosen.
    """

    kind: Kind
    parts: tuple[Part, ...]
    layout: Layout = Layout.SIDE_BY_SIDE
    cover_ms: int | None = None

    @property
    def length_ms(self) -> int:
        """How long the result is."""
        lengths = [part.length_ms for part in self.parts]
        match self.kind:
            case Kind.STITCH:
                return sum(lengths)
            case Kind.DUET:
                return min(lengths)
            case _:
                return lengths[0]

    def stored(self) -> dict[str, Any]:
        """Return it as JSON values, from which ``read`` makes it again."""
        parts = [asdict(part) | {"video": str(part.video)} for part in self.parts]
        return asdict(self) | {"kind": self.kind.value, "layout": self.layout.value, "parts": parts}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Composition":
        """Return the composition that was stored."""
        parts = tuple(Part(**{**part, "video": UUID(part["video"])}) for part in stored["parts"])
        kinds = {"kind": Kind(stored["kind"]), "layout": Layout(stored["layout"])}
        return cls(**{**stored, **kinds, "parts": parts})
