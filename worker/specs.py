"""The spec: a frozen wish and its digest. What a permit authorises is this, byte for byte, and nothing else."""

import hashlib
from dataclasses import asdict, dataclass
from uuid import UUID

import orjson

from consent.rules import Audience, Modality, Purpose, Wish
from worker import screening
from worker.compositions import ROLES, Composition, Role


@dataclass(frozen=True)
class Spec:
    """Who is shown, doing what, made by which engine from which seed, for whom and what for.

    Or of which films it is put together; then there is neither prompt nor engine, and whom it shows is inherited.
    """

    subjects: tuple[UUID, ...]
    prompt: str
    seed: int
    engine: str
    purpose: Purpose
    audience: Audience
    remix_of: UUID | None = None
    composition: Composition | None = None

    @property
    def sources(self) -> tuple[tuple[UUID, Role], ...]:
        """The films that it is made from, the first first, each with what it is in the result."""
        if self.composition:
            films = [part.video for part in self.composition.parts]
            return tuple(zip(films, ROLES[self.composition.kind], strict=True))
        return ((self.remix_of, Role.ORIGINAL),) if self.remix_of else ()

    def stored(self) -> dict[str, object]:
        """Return the spec as JSON values, from which ``Spec.read`` makes it again."""
        values = asdict(self) | {
            "subjects": [str(subject) for subject in self.subjects],
            "remix_of": str(self.remix_of) if self.remix_of else None,
        }
        del values["composition"]
        # Only where there is one: the digest of what is generated is the same in every release.
        return values | ({"composition": self.composition.stored()} if self.composition else {})

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the canonical JSON of the spec."""
        return hashlib.sha256(orjson.dumps(self.stored(), option=orjson.OPT_SORT_KEYS)).digest()

    @classmethod
    def read(cls, stored: dict[str, object]) -> "Spec":
        """Return the spec that was stored."""
        values = dict(stored)
        subjects = values.pop("subjects")
        composition = values.get("composition")
        assert isinstance(subjects, list)
        assert composition is None or isinstance(composition, dict)
        return cls(
            subjects=tuple(map(UUID, subjects)),
            prompt=str(values["prompt"]),
            seed=int(str(values["seed"])),
            engine=str(values["engine"]),
            purpose=Purpose(str(values["purpose"])),
            audience=Audience(str(values["audience"])),
            remix_of=UUID(str(values["remix_of"])) if values.get("remix_of") else None,
            composition=Composition.read(composition) if composition else None,
        )

    def wish(self) -> Wish:
        """Return what the gate is asked about this spec."""
        return Wish(
            audience=self.audience,
            purpose=self.purpose,
            modalities=frozenset() if self.composition else frozenset({Modality.FACE}),
            categories=screening.categories(self.prompt),
            prompt=self.prompt,
        )
