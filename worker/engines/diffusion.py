"""A real model: any local diffusers pipeline that takes a reference image, watched before every denoiser call.

The only file that may import torch and diffusers, and only inside functions: importing it costs nothing. A pipeline is
opened from a folder, never from the network, never from pickles, never with code of its own, and once a process.
Determinism, hooks and their traps were measured on diffusers 0.42.1.
"""

import importlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from worker.engines.adapters import Adapter, denoisers, frame_count, read_adapter
from worker.engines.base import Clip, EngineFailed, Frame, OnStep, Scene

Video = NDArray[np.floating[Any]]
"""What a model draws, shape (frames, height, width, 3), RGB, 0 to 1."""

MEMORY_WORDS = ("out of memory", "can't allocate memory")
SIZE_WORDS = ("divisible", "size of tensor", "sizes of tensors", "shape", "must match")

MODEL_ERRORS = (
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a broken or unfit model raises, while it is opened or run."""

_rendering = threading.Lock()
"""One render at a time in a process: a pipeline keeps the state of its run in itself."""


@dataclass(frozen=True)
class DiffusionOptions:
    """How a model is run. ``auto`` means cuda with bfloat16 where there is one, else the CPU with float32.

    ``max_side`` is the longest side in pixels that the model is asked for; larger scenes are scaled up afterwards.
    ``cpu_offload`` (cuda only) keeps on the card only the part that is working.
    """

    device: Literal["auto", "cuda", "cpu"] = "auto"
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    steps: int = 30
    guidance: float = 5.0
    max_side: int = 1280
    cpu_offload: bool = False


class DiffusionEngine:
    """Renders with the diffusers pipeline in ``model``, a local folder with a ``model_index.json``.

    Opened at the first render. Failure codes: ``model_missing``, ``model_unusable``, ``text_only_model``,
    ``size_unsupported``, ``out_of_memory``.
    """

    name = "diffusion"
    is_preview = False

    def __init__(self, model: Path, options: DiffusionOptions | None = None) -> None:
        self.model = model
        self.options = options or DiffusionOptions()

    def render(self, scene: Scene, on_step: OnStep) -> Clip:
        """Return the clip of ``scene``: denoised here and now, converted frame by frame as it is read.

        ``on_step(done, total)`` is called before every call of a denoiser and what it raises leaves at once; the
        model stays usable. Equal scenes give equal frames on a CPU. Raises EngineFailed with the codes above.
        """
        options = self.options
        with _rendering:
            pipe, adapter = _opened(self.model, options.device, options.dtype, options.cpu_offload)
            size = adapter.size(scene, options.max_side)
            arguments = adapter.arguments(scene, size, steps=options.steps, guidance=options.guidance)
            with _watched(pipe, _Watch(pipe, options.steps, on_step)) as watch:
                video = _video(_call(pipe, arguments, scene.seed, watch))
        if watch.done == 0:
            raise EngineFailed("model_unusable", "The model drew without a step that could be watched.")
        wanted = frame_count(scene)
        if len(video) < wanted:
            raise EngineFailed("size_unsupported", f"The model made {len(video)} of {wanted} frames.")
        return Clip(_frames(video[:wanted], scene.width, scene.height), scene.width, scene.height, scene.fps)


class _Watch:
    """A forward pre-hook that counts the denoiser's calls and asks ``on_step`` before each.

    ``asking`` is true while ``on_step`` runs, and stays true when it raised: so its errors are told from the model's.
    """

    def __init__(self, pipe: Any, steps: int, on_step: OnStep) -> None:
        self.pipe = pipe
        self.steps = steps
        self.on_step = on_step
        self.done = 0
        self.asking = False

    def __call__(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Ask before this call; whatever ``on_step`` raises goes on through the pipeline."""
        total = max(self._expected(args, kwargs), self.done + 1)
        self.asking = True
        self.on_step(self.done, total)
        self.asking = False
        self.done += 1

    def _expected(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
        """Return the calls of a whole run: guidance is a second call a step (Wan) or half of one batch (LTX)."""
        steps = getattr(self.pipe, "num_timesteps", None) or self.steps
        latents = args[0] if args else kwargs.get("hidden_states", kwargs.get("sample"))
        batched = latents is not None and len(latents) > 1
        guided = bool(getattr(self.pipe, "do_classifier_free_guidance", False))
        return int(steps) * (2 if guided and not batched else 1)


@contextmanager
def _watched(pipe: Any, watch: _Watch) -> Iterator[_Watch]:
    """Hook ``watch`` to every denoiser of ``pipe``; take it off and put the parts back however the run ends."""
    handles = [module.register_forward_pre_hook(watch, with_kwargs=True) for module in denoisers(pipe)]
    try:
        yield watch
    finally:
        for handle in handles:
            handle.remove()
        pipe.maybe_free_model_hooks()


def _call(pipe: Any, arguments: dict[str, Any], seed: int, watch: _Watch) -> Any:
    """Run the pipeline; its errors become EngineFailed where they are final, those of ``on_step`` never."""
    import torch

    generator = torch.Generator(device="cpu").manual_seed(seed % 2**63)
    try:
        return pipe(**arguments, generator=generator)
    except MODEL_ERRORS as error:
        failure = None if watch.asking else _failure(error)
        if failure is None:
            raise
        raise failure from error


def _failure(error: Exception) -> EngineFailed | None:
    """Return what ``error`` of a model means, or None for one that another try may not meet (a lost device)."""
    text = str(error).lower()
    if isinstance(error, MemoryError) or any(word in text for word in MEMORY_WORDS):
        return EngineFailed("out_of_memory", "The model needs more memory: smaller, shorter, or with cpu_offload.")
    if any(word in text for word in SIZE_WORDS):
        return EngineFailed("size_unsupported", f"The model cannot make this size or length: {error}")
    if isinstance(error, RuntimeError):
        return None
    return EngineFailed("model_unusable", f"The model failed: {type(error).__name__}: {error}")


@lru_cache(maxsize=1)
def _opened(folder: Path, device: str, dtype: str, cpu_offload: bool) -> tuple[Any, Adapter]:
    """Return the pipeline in ``folder`` and its adapter, kept for the life of the process (the last one asked for).

    Raises EngineFailed ``model_missing`` or ``model_unusable``; a failure is not kept.
    """
    if not (folder / "model_index.json").is_file():
        raise EngineFailed("model_missing", f"There is no diffusers pipeline in {folder}.")
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        import torch
        from diffusers import DiffusionPipeline
    except ImportError as error:
        raise EngineFailed("model_unusable", "torch or diffusers is not installed: make generation.") from error
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if dtype == "auto":
        dtype = "bfloat16" if device == "cuda" else "float32"
    pipe = _loaded(DiffusionPipeline, folder, getattr(torch, dtype), device, cpu_offload)
    pipe.set_progress_bar_config(disable=True)
    return pipe, read_adapter(pipe)


def _loaded(loader: Any, folder: Path, dtype: Any, device: str, cpu_offload: bool) -> Any:
    """Return the pipeline in ``folder`` on ``device``: safetensors only, no network, no code from the folder."""
    broken_weights = importlib.import_module("safetensors").SafetensorError
    try:
        pipe = loader.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, trust_remote_code=False, dtype=dtype
        )
        if device == "cuda" and cpu_offload:
            pipe.enable_model_cpu_offload()
            return pipe
        return pipe.to(device)
    except (*MODEL_ERRORS, broken_weights) as error:
        failure = _failure(error)
        if failure is not None and failure.code == "out_of_memory":
            raise failure from error
        raise EngineFailed("model_unusable", f"The model in {folder} cannot be opened: {error}") from error


def _video(result: Any) -> Video:
    """Return the first video of a pipeline's result. Raises EngineFailed ``model_unusable`` when it holds none."""
    frames = getattr(result, "frames", None)
    if frames is None or not len(frames):
        raise EngineFailed("model_unusable", "The model gave no frames.")
    first = frames[0]
    if isinstance(first, list) and first and isinstance(first[0], Image.Image):
        first = np.stack([np.asarray(picture.convert("RGB"), dtype=np.float32) / 255 for picture in first])
    video: Video = np.asarray(first)
    if video.ndim != 4 or video.shape[3] != 3 or not np.isfinite(video).all():
        raise EngineFailed(
            "model_unusable", f"The model's frames are no RGB video: shape {video.shape}, or not finite."
        )
    return video


def _frames(video: Video, width: int, height: int) -> Iterator[Frame]:
    """Yield the frames of ``video`` as RGB bytes, scaled and cropped to ``width`` by ``height`` where they differ."""
    for picture in video:
        frame: Frame = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
        if frame.shape[:2] != (height, width):
            fitted = ImageOps.fit(Image.fromarray(frame), (width, height), Image.Resampling.LANCZOS)
            frame = np.asarray(fitted, dtype=np.uint8)
        yield frame
