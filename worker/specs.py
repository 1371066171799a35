"""The spec: a frozen wish and its digest. What a permit authorises is this, byte for byte, and nothing else."""

import hashlib
from dataclasses import asdict, dataclass
from uuid import UUID

import orjson

from consent.rules import Audience, Modality, Purpose, Wish
from worker import screening


@dataclass(frozen=True)
class Spec:
    """Who is shown, doing what, made by which engine from which seed, for whom and what for."""

    subjects: tuple[UUID, ...]
    prompt: str
    seed: int
    engine: str
    purpose: Purpose
    audience: Audience
    remix_of: UUID | None = None

    def stored(self) -> dict[str, object]:
        """Return the spec as JSON values, from which ``Spec.read`` makes it again."""
        subjects = [str(subject) for subject in self.subjects]
        return asdict(self) | {"subjects": subjects, "remix_of": str(self.remix_of) if self.remix_of else None}

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the canonical JSON of the spec."""
        return hashlib.sha256(orjson.dumps(self.stored(), option=orjson.OPT_SORT_KEYS)).digest()

    @classmethod
    def read(cls, stored: dict[str, object]) -> "Spec":
        """Return the spec that was stored."""
        values = dict(stored)
        subjects = values.pop("subjects")
        assert isinstance(subjects, list)
        return cls(
            subjects=tuple(map(UUID, subjects)),
            prompt=str(values["prompt"]),
            seed=int(str(values["seed"])),
            engine=str(values["engine"]),
            purpose=Purpose(str(values["purpose"])),
            audience=Audience(str(values["audience"])),
            remix_of=UUID(str(values["remix_of"])) if values.get("remix_of") else None,
        )

    def wish(self) -> Wish:
        """Return what the gate is asked about this spec."""
        return Wish(
            audience=self.audience,
            purpose=self.purpose,
            modalities=frozenset({Modality.FACE}),
            categories=screening.categories(self.prompt),
            prompt=self.prompt,
        )
