"""What every engine promises, and the only words the pipeline speaks to one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Frame = NDArray[np.uint8]
"""One picture, shape (height, width, 3), RGB, values 0 to 255."""

OnStep = Callable[[int, int], None]
"""Called as ``on_step(done, total)`` BEFORE each unit of work. It re-checks consent, renews the lease and
records progress; whatever it raises must leave the engine at once and unchanged."""


class EngineFailed(Exception):
    """The engine cannot render this scene.

    ``code`` is stable and shown to the requester as the job's ``failure_code``; ``detail`` says what to do.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Scene:
    """A frozen wish with its portraits opened: all that an engine is told.

    ``portraits`` are RGB images, one a subject, in the order of the spec; ``width`` and ``height`` are pixels,
    ``seconds`` the wished length, ``seed`` any non-negative integer. Equal scenes give equal frames.
    """

    prompt: str
    seed: int
    portraits: tuple[Image.Image, ...]
    width: int = 720
    height: int = 1280
    fps: int = 24
    seconds: float = 4.0


@dataclass(frozen=True)
class Clip:
    """What an engine gives back: frames made one at a time as they are asked for."""

    frames: Iterator[Frame]
    width: int
    height: int
    fps: int


class Engine(Protocol):
    """One way to render. ``is_preview`` marks a stand-in that must be labelled as such everywhere."""

    name: str
    is_preview: bool

    def render(self, scene: Scene, on_step: OnStep) -> Clip:
        """Return the clip of ``scene``; raise EngineFailed when it cannot be made."""
        ...
