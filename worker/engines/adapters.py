"""How one pipeline wants to be told of people, sizes and lengths: read from its signature once, without torch.

The 63 video pipelines of diffusers 0.42.1 name the same things differently (read from the installed package). An
adapter knows which argument of one pipeline carries the person, which names it gives to length and rate, and which
sizes it can make.
"""

import dataclasses
import inspect
import math
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from PIL import Image, ImageOps

from worker.engines.base import EngineFailed, Scene

DENOISERS = ("transformer", "transformer_2", "unet")
LENGTH_NAMES = ("num_frames", "video_length", "frames")
RATE_NAMES = ("frame_rate", "fps")
SPATIAL_NAMES = ("vae_scale_factor_spatial", "vae_spatial_compression_ratio", "vae_scale_factor")
TEMPORAL_NAMES = ("vae_scale_factor_temporal", "vae_temporal_compression_ratio")
WHITE = (255, 255, 255)
GREY = (128, 128, 128)


class Person(StrEnum):
    """The argument that carries a likeness, best first; NOBODY is a text-only pipeline."""

    REFERENCES = "reference_images"
    REFERENCE_CONDITIONS = "reference_conditions"
    CONDITIONS = "conditions"
    FIRST_FRAME = "image"
    NOBODY = ""


@dataclass(frozen=True)
class Size:
    """What the model draws before it is fitted to the scene: pixels and a number of frames."""

    width: int
    height: int
    frames: int


@dataclass(frozen=True)
class Adapter:
    """What one pipeline class accepts.

    ``accepted`` and ``required`` are names of arguments, ``multiple`` the pixels a side must be a multiple of,
    ``frame_step`` the s of the lengths s·k + 1, ``condition`` the class of one condition where the person goes in one.
    """

    person: Person
    accepted: frozenset[str]
    required: frozenset[str]
    length_name: str
    multiple: int
    frame_step: int
    condition: type[Any] | None

    def size(self, scene: Scene, max_side: int) -> Size:
        """Return the smallest size the model can make that covers ``scene``, no side above ``max_side`` pixels.

        Raises EngineFailed ``size_unsupported`` when the scene is empty or ``max_side`` holds no single tile.
        """
        if min(scene.width, scene.height, scene.fps) < 1 or scene.seconds <= 0:
            raise EngineFailed("size_unsupported", "A scene needs a positive width, height, rate and length.")
        if max_side < self.multiple:
            raise EngineFailed("size_unsupported", f"This model draws in tiles of {self.multiple} pixels.")
        shrink = min(1.0, max_side / max(scene.width, scene.height))
        width, height = (self._snap(side * shrink, max_side) for side in (scene.width, scene.height))
        steps = math.ceil((frame_count(scene) - 1) / self.frame_step)
        return Size(width, height, steps * self.frame_step + 1)

    def arguments(self, scene: Scene, size: Size, *, steps: int, guidance: float) -> dict[str, Any]:
        """Return the keyword arguments of the call, without the generator.

        Raises EngineFailed ``text_only_model`` when there are portraits and no place for them, ``model_unusable`` when
        the pipeline asks for something that a scene does not hold (a pose video, a mask).
        """
        if scene.portraits and self.person is Person.NOBODY:
            raise EngineFailed("text_only_model", "This model takes no reference image, so it cannot show a person.")
        wishes: dict[str, Any] = {
            "prompt": scene.prompt,
            "width": size.width,
            "height": size.height,
            self.length_name: size.frames,
            "num_inference_steps": steps,
            "guidance_scale": guidance,
            "output_type": "np",
            **dict.fromkeys(RATE_NAMES, scene.fps),
            **self._likeness(scene.portraits, size),
        }
        missing = sorted(self.required - wishes.keys())
        if missing:
            raise EngineFailed(
                "model_unusable", f"This model asks for what a scene does not hold: {', '.join(missing)}."
            )
        return {name: value for name, value in wishes.items() if name in self.accepted}

    def _snap(self, side: float, max_side: int) -> int:
        """Return ``side`` rounded up to a whole tile, or down where up would pass ``max_side``."""
        tiles = min(math.ceil(side / self.multiple), max_side // self.multiple)
        return max(tiles, 1) * self.multiple

    def _likeness(self, portraits: tuple[Image.Image, ...], size: Size) -> dict[str, Any]:
        """Return the one argument that carries the people, or nothing when there are none."""
        if not portraits or self.person is Person.NOBODY:
            return {}
        if self.person in (Person.REFERENCES, Person.REFERENCE_CONDITIONS):
            pictures = [_padded(portrait, (size.width, size.height), WHITE) for portrait in portraits]
        else:
            pictures = [side_by_side(portraits, size.width, size.height)]
        if self.person is Person.FIRST_FRAME:
            return {self.person.value: pictures[0]}
        if self.condition is not None:
            return {self.person.value: [_condition(self.condition, picture) for picture in pictures]}
        return {self.person.value: pictures}


def frame_count(scene: Scene) -> int:
    """Return how many frames ``scene`` asks for, at least one."""
    return max(1, round(scene.fps * scene.seconds))


def denoisers(pipe: Any) -> list[Any]:
    """Return the modules of ``pipe`` that are called once or more for each denoising step."""
    return [module for name in DENOISERS if (module := getattr(pipe, name, None)) is not None]


def read_adapter(pipe: Any) -> Adapter:
    """Return the adapter of ``pipe``, from the signature of its class and the factors of its parts.

    Raises EngineFailed ``model_unusable`` for a pipeline that makes no video or whose steps cannot be watched.
    """
    parameters = inspect.signature(type(pipe).__call__).parameters
    accepted = frozenset(parameters) - {"self", "args", "kwargs"}
    length_name = next((name for name in LENGTH_NAMES if name in accepted), None)
    if length_name is None or not denoisers(pipe):
        raise EngineFailed("model_unusable", f"{type(pipe).__name__} makes no video whose steps can be watched.")
    person = next((person for person in Person if person.value in accepted), Person.NOBODY)
    return Adapter(
        person=person,
        accepted=accepted,
        required=frozenset(name for name in accepted if parameters[name].default is inspect.Parameter.empty),
        length_name=length_name,
        multiple=_multiple(pipe),
        frame_step=_factor(pipe, TEMPORAL_NAMES, 1 if getattr(pipe, "unet", None) is not None else 4),
        condition=_condition_class(type(pipe), person),
    )


def side_by_side(portraits: tuple[Image.Image, ...], width: int, height: int) -> Image.Image:
    """Return one first frame of ``width`` by ``height`` pixels: one portrait fills it, several stand in equal columns.

    A single portrait is cropped, a little above its middle, where a face is; in columns it is kept whole, on grey.
    """
    if len(portraits) == 1:
        centre = (0.5, 0.4)
        return ImageOps.fit(portraits[0].convert("RGB"), (width, height), Image.Resampling.LANCZOS, centering=centre)
    edges = [width * column // len(portraits) for column in range(len(portraits) + 1)]
    frame = Image.new("RGB", (width, height), GREY)
    for portrait, left, right in zip(portraits, edges, edges[1:], strict=False):
        frame.paste(_padded(portrait, (max(right - left, 1), height), GREY), (left, 0))
    return frame


def _padded(portrait: Image.Image, size: tuple[int, int], colour: tuple[int, int, int]) -> Image.Image:
    """Return the whole portrait inside ``size`` on ``colour``: what WanVACE does itself, with a better filter."""
    return ImageOps.pad(portrait.convert("RGB"), size, Image.Resampling.LANCZOS, color=colour)


def _multiple(pipe: Any) -> int:
    """Return the pixels a side must be a multiple of: the VAE's factor times the patch, or the UNet's halvings."""
    config = denoisers(pipe)[0].config
    patch = getattr(config, "patch_size", None)
    if patch is None:
        patch = 2 ** max(len(getattr(config, "block_out_channels", ())) - 1, 0)
    side = patch[-1] if isinstance(patch, (tuple, list)) else patch
    return _factor(pipe, SPATIAL_NAMES, 8) * int(side)


def _factor(pipe: Any, names: tuple[str, ...], default: int) -> int:
    """Return the first whole number that ``pipe`` keeps under one of ``names``."""
    return next((value for name in names if isinstance(value := getattr(pipe, name, None), int)), default)


def _condition_class(pipeline: type[Any], person: Person) -> type[Any] | None:
    """Return the dataclass beside ``pipeline`` that carries one condition (LTXVideoCondition and its sisters)."""
    ending = {Person.CONDITIONS: "VideoCondition", Person.REFERENCE_CONDITIONS: "ReferenceCondition"}.get(person)
    if ending is None:
        return None
    for name, kind in vars(sys.modules[pipeline.__module__]).items():
        if name.endswith(ending) and isinstance(kind, type) and dataclasses.is_dataclass(kind):
            return kind
    return None


def _condition(kind: type[Any], picture: Image.Image) -> Any:
    """Return ``picture`` as a condition on the first frame, or as a reference; LTX says image, LTX-2 frames."""
    fields = {field.name for field in dataclasses.fields(kind)}
    return kind(**{"image" if "image" in fields else "frames": picture})
