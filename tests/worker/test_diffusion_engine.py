"""The diffusion engine on real diffusers pipelines with tiny random weights: people, steps, seeds, refusals."""

import importlib
import inspect
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from worker.engines import diffusion
from worker.engines.adapters import read_adapter
from worker.engines.base import EngineFailed, Scene
from worker.engines.diffusion import DiffusionEngine, DiffusionOptions

torch = pytest.importorskip("torch")
tiny_models = importlib.import_module("tests.tiny_models")

pytestmark = [pytest.mark.generation, pytest.mark.filterwarnings("default")]

STEPS = 2
OPTIONS = DiffusionOptions(device="cpu", steps=STEPS)
ANNA = Image.linear_gradient("L").resize((40, 60)).convert("RGB")
BORIS = Image.radial_gradient("L").resize((60, 50)).convert("RGB")
SCENE = Scene(prompt="a walk, at dawn", seed=7, portraits=(ANNA,), width=64, height=48, fps=5, seconds=1.0)

Calls = list[tuple[int, int]]


class Withdrawn(BaseException):
    """What a consent re-check raises; not an Exception, so that nothing on the way may swallow it."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds one tiny pipeline of each kind."""
    folder = tmp_path_factory.mktemp("models")
    for kind in ("vace", "text_only", "first_frame", "conditions"):
        getattr(tiny_models, f"write_{kind}")(folder / kind)
    return folder


@pytest.fixture
def vace(models: Path) -> DiffusionEngine:
    """Return the engine on the model that takes reference images."""
    return DiffusionEngine(models / "vace", OPTIONS)


def ignore(done: int, total: int) -> None:
    """Let every step pass."""


def rendered(engine: DiffusionEngine, scene: Scene, on_step: Callable[[int, int], None] = ignore) -> np.ndarray:
    """Return all frames of ``scene``, shape (frames, height, width, 3)."""
    return np.stack(list(engine.render(scene, on_step).frames))


def difference(first: np.ndarray, second: np.ndarray) -> float:
    """Return the share of values that differ between two videos."""
    return float(np.mean(first != second))


def opened(engine: DiffusionEngine) -> Any:
    """Return the pipeline that ``engine`` renders with."""
    return diffusion._opened(engine.model, OPTIONS.device, OPTIONS.dtype, OPTIONS.cpu_offload)[0]


def failure_of(engine: DiffusionEngine, scene: Scene = SCENE) -> str:
    """Return the code that a render of ``scene`` fails with, having asked for no step."""
    calls: Calls = []
    with pytest.raises(EngineFailed) as caught:
        engine.render(scene, lambda done, total: calls.append((done, total)))
    assert calls == []
    assert caught.value.detail
    return caught.value.code


def test_one_reference_gives_the_scenes_size_rate_and_count(vace: DiffusionEngine) -> None:
    clip = vace.render(SCENE, ignore)
    frames = list(clip.frames)
    assert (clip.width, clip.height, clip.fps) == (64, 48, 5)
    assert len(frames) == 5
    assert {(frame.shape, frame.dtype.name) for frame in frames} == {((48, 64, 3), "uint8")}
    assert np.std(frames[0]) > 0


def test_two_references_render_and_the_second_one_counts(vace: DiffusionEngine) -> None:
    both = rendered(vace, replace(SCENE, portraits=(ANNA, BORIS)))
    assert both.shape == (5, 48, 64, 3)
    assert difference(both, rendered(vace, replace(SCENE, portraits=(ANNA, ANNA)))) > 0.1


@pytest.mark.parametrize(
    ("width", "height", "seconds", "count"), [(50, 70, 0.6, 3), (33, 31, 0.2, 1), (64, 48, 1.4, 7)]
)
def test_sizes_and_lengths_the_model_cannot_make_are_fitted(
    vace: DiffusionEngine, width: int, height: int, seconds: float, count: int
) -> None:
    frames = rendered(vace, replace(SCENE, width=width, height=height, seconds=seconds))
    assert frames.shape == (count, height, width, 3)


def test_a_scene_above_the_longest_side_is_drawn_small_and_scaled_up(models: Path) -> None:
    engine = DiffusionEngine(models / "vace", replace(OPTIONS, max_side=64))
    assert rendered(engine, replace(SCENE, width=720, height=400, seconds=0.2)).shape == (1, 400, 720, 3)


def test_equal_scenes_give_equal_frames(vace: DiffusionEngine) -> None:
    assert np.array_equal(rendered(vace, SCENE), rendered(vace, replace(SCENE)))


def test_a_model_opened_anew_gives_the_same_frames(vace: DiffusionEngine) -> None:
    first = rendered(vace, SCENE)
    diffusion._opened.cache_clear()
    assert np.array_equal(first, rendered(vace, SCENE))


@pytest.mark.parametrize("seed", [8, 2**64 + 1])
def test_another_seed_gives_other_frames(vace: DiffusionEngine, seed: int) -> None:
    assert difference(rendered(vace, SCENE), rendered(vace, replace(SCENE, seed=seed))) > 0.1


@pytest.mark.parametrize("kind", ["vace", "first_frame", "conditions"])
def test_another_portrait_gives_other_frames(models: Path, kind: str) -> None:
    engine = DiffusionEngine(models / kind, OPTIONS)
    frames = rendered(engine, SCENE)
    assert frames.shape == (5, 48, 64, 3)
    assert difference(frames, rendered(engine, replace(SCENE, portraits=(BORIS,)))) > 0.1


@pytest.mark.parametrize("kind", ["first_frame", "conditions"])
def test_a_model_with_one_picture_shows_both_people(models: Path, kind: str) -> None:
    engine = DiffusionEngine(models / kind, OPTIONS)
    both = rendered(engine, replace(SCENE, portraits=(ANNA, BORIS)))
    assert difference(both, rendered(engine, replace(SCENE, portraits=(ANNA, ANNA)))) > 0.1


@pytest.mark.parametrize(
    ("kind", "guidance", "total"),
    [
        ("vace", 5.0, 2 * STEPS),
        ("vace", 1.0, STEPS),
        ("first_frame", 5.0, 2 * STEPS),
        ("conditions", 3.0, STEPS),
        ("conditions", 1.0, STEPS),
    ],
)
def test_every_denoiser_call_is_asked_for_before_it_is_made(
    models: Path, monkeypatch: pytest.MonkeyPatch, kind: str, guidance: float, total: int
) -> None:
    engine = DiffusionEngine(models / kind, replace(OPTIONS, guidance=guidance))
    story = watched_calls(engine, monkeypatch)
    engine.render(SCENE, lambda done, total: story.append((done, total)))
    assert story == [event for done in range(total) for event in ((done, total), "call")]


def test_the_work_is_done_before_the_frames_are_read(vace: DiffusionEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    story = watched_calls(vace, monkeypatch)
    clip = vace.render(SCENE, ignore)
    assert len(story) == 2 * STEPS
    assert len(list(clip.frames)) == 5
    assert len(story) == 2 * STEPS


@pytest.mark.parametrize("kind", ["vace", "first_frame", "conditions"])
@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("error", [Withdrawn, RuntimeError, ValueError, EngineFailed])
def test_what_a_step_raises_leaves_at_once_and_the_model_stays_whole(
    models: Path, monkeypatch: pytest.MonkeyPatch, kind: str, last: int, error: type[BaseException]
) -> None:
    engine = DiffusionEngine(models / kind, OPTIONS)
    before = rendered(engine, SCENE)
    story = watched_calls(engine, monkeypatch)
    raised = error("withdrawn", "size of tensor: out of memory")

    def stop(done: int, total: int) -> None:
        if done == last:
            raise raised

    with pytest.raises(error) as caught:
        engine.render(SCENE, stop)
    assert caught.value is raised
    assert story == ["call"] * last
    assert np.array_equal(before, rendered(engine, SCENE))


@pytest.mark.parametrize("kind", ["vace", "first_frame", "conditions"])
def test_half_precision_renders_and_repeats_itself(models: Path, kind: str) -> None:
    engine = DiffusionEngine(models / kind, replace(OPTIONS, dtype="bfloat16"))
    assert np.array_equal(rendered(engine, SCENE), rendered(engine, SCENE))


@pytest.mark.parametrize(
    ("pipeline", "person", "names"),
    [
        ("WanVACEPipeline", "reference_images", {"num_frames"}),
        ("LTX2InContextPipeline", "reference_conditions", {"num_frames", "frame_rate"}),
        ("LTX2ConditionPipeline", "conditions", {"num_frames", "frame_rate"}),
        ("SanaImageToVideoPipeline", "image", {"frames"}),
        ("StableVideoDiffusionPipeline", "image", {"num_frames", "fps"}),
    ],
)
def test_each_family_is_told_of_people_and_time_in_its_own_words(pipeline: str, person: str, names: set[str]) -> None:
    adapter = read_adapter(hollow(pipeline))
    scene = replace(SCENE, portraits=(ANNA, BORIS))
    arguments = adapter.arguments(scene, adapter.size(scene, 64), steps=STEPS, guidance=1.0)
    common = {"prompt", "width", "height", "num_inference_steps", "guidance_scale", "output_type"}
    assert arguments.keys() - common == {person} | names
    carried = arguments[person]
    assert (
        len(carried) == (2 if "reference" in person else 1) if isinstance(carried, list) else carried.size == (64, 48)
    )


@pytest.mark.parametrize("pipeline", ["LattePipeline", "LTXPipeline", "HunyuanVideoPipeline", "LucyEditPipeline"])
def test_families_without_a_place_for_a_person_are_told_apart(pipeline: str) -> None:
    adapter = read_adapter(hollow(pipeline))
    with pytest.raises(EngineFailed) as caught:
        adapter.arguments(SCENE, adapter.size(SCENE, 64), steps=STEPS, guidance=1.0)
    assert caught.value.code == "text_only_model"


@pytest.mark.parametrize("pipeline", ["WanAnimatePipeline", "FluxKontextPipeline"])
def test_families_that_make_no_video_from_a_scene_are_refused(pipeline: str) -> None:
    with pytest.raises(EngineFailed) as caught:
        read_adapter(hollow(pipeline))
    assert caught.value.code == "model_unusable"


def test_no_hook_is_left_behind(vace: DiffusionEngine) -> None:
    def stop(done: int, total: int) -> None:
        raise Withdrawn

    vace.render(SCENE, ignore)
    with pytest.raises(Withdrawn):
        vace.render(SCENE, stop)
    assert not opened(vace).transformer._forward_pre_hooks


def test_a_model_that_takes_no_person_is_refused_for_a_likeness(models: Path) -> None:
    assert failure_of(DiffusionEngine(models / "text_only", OPTIONS)) == "text_only_model"


def test_a_model_that_takes_no_person_may_draw_a_scene_without_one(models: Path) -> None:
    engine = DiffusionEngine(models / "text_only", OPTIONS)
    assert rendered(engine, replace(SCENE, portraits=())).shape == (5, 48, 64, 3)


def test_a_model_that_needs_a_picture_is_refused_without_one(models: Path) -> None:
    engine = DiffusionEngine(models / "first_frame", OPTIONS)
    assert failure_of(engine, replace(SCENE, portraits=())) == "model_unusable"


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert failure_of(DiffusionEngine(tmp_path / "nowhere", OPTIONS)) == "model_missing"
    assert failure_of(DiffusionEngine(tmp_path, OPTIONS)) == "model_missing"


@pytest.mark.parametrize(("part", "name"), [("transformer", "diffusion_pytorch_model"), ("text_encoder", "model")])
def test_weights_that_are_only_pickled_are_refused(models: Path, tmp_path: Path, part: str, name: str) -> None:
    folder = copied(models, tmp_path)
    weights = folder / part / f"{name}.safetensors"
    pickled = "pytorch_model.bin" if part == "text_encoder" else f"{name}.bin"
    torch.save({}, folder / part / pickled)
    weights.unlink()
    assert failure_of(DiffusionEngine(folder, OPTIONS)) == "model_unusable"


@pytest.mark.parametrize("part", ["transformer", "text_encoder"])
def test_truncated_weights_are_refused(models: Path, tmp_path: Path, part: str) -> None:
    folder = copied(models, tmp_path)
    (weights,) = (folder / part).glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:4000])
    assert failure_of(DiffusionEngine(folder, OPTIONS)) == "model_unusable"


@pytest.mark.parametrize(
    ("index", "code"),
    [
        ({"_class_name": ["pipeline", "Mine"]}, "pipeline.py"),
        ({"transformer": ["mine", "Mine"]}, "transformer/mine.py"),
    ],
)
def test_code_in_the_folder_is_refused_and_never_run(
    models: Path, tmp_path: Path, index: dict[str, Any], code: str
) -> None:
    folder = copied(models, tmp_path)
    edit_index(folder, index)
    ran = tmp_path / "ran"
    (folder / code).write_text(f"open({str(ran)!r}, 'w')\nfrom diffusers import WanVACEPipeline as Mine\n")
    assert failure_of(DiffusionEngine(folder, OPTIONS)) == "model_unusable"
    assert not ran.exists()


@pytest.mark.parametrize("index", [{"_class_name": "NoSuchPipeline"}, {"scheduler": ["os", "system"]}])
def test_an_index_that_names_nothing_usable_is_refused(models: Path, tmp_path: Path, index: dict[str, Any]) -> None:
    folder = copied(models, tmp_path)
    edit_index(folder, index)
    assert failure_of(DiffusionEngine(folder, OPTIONS)) == "model_unusable"


def test_a_failed_opening_is_tried_again(models: Path, tmp_path: Path) -> None:
    folder = copied(models, tmp_path)
    aside = (folder / "vae").rename(tmp_path / "aside")
    assert failure_of(DiffusionEngine(folder, OPTIONS)) == "model_unusable"
    aside.rename(folder / "vae")
    assert rendered(DiffusionEngine(folder, OPTIONS), SCENE).shape == (5, 48, 64, 3)


def test_a_size_beyond_the_models_positions_is_unsupported(vace: DiffusionEngine) -> None:
    with pytest.raises(EngineFailed) as caught:
        vace.render(replace(SCENE, width=544, height=16, seconds=0.2), ignore)
    assert caught.value.code == "size_unsupported"
    assert rendered(vace, SCENE).shape == (5, 48, 64, 3)


@pytest.mark.parametrize("empty", [{"width": 0}, {"height": -1}, {"fps": 0}, {"seconds": 0.0}])
def test_an_empty_scene_is_unsupported(vace: DiffusionEngine, empty: dict[str, Any]) -> None:
    assert failure_of(vace, replace(SCENE, **empty)) == "size_unsupported"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "out_of_memory"),
        (MemoryError(), "out_of_memory"),
        (NameError("name 'ftfy' is not defined"), "model_unusable"),
    ],
)
def test_what_the_model_raises_becomes_a_stable_code(
    vace: DiffusionEngine, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    monkeypatch.setattr(opened(vace).transformer, "forward", raising(error))
    with pytest.raises(EngineFailed) as caught:
        vace.render(SCENE, ignore)
    assert caught.value.code == code


def test_a_lost_device_is_no_verdict_on_the_scene(vace: DiffusionEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = RuntimeError("CUDA error: unspecified launch failure")
    monkeypatch.setattr(opened(vace).transformer, "forward", raising(lost))
    with pytest.raises(RuntimeError) as caught:
        vace.render(SCENE, ignore)
    assert caught.value is lost


def test_a_picture_that_is_not_a_number_is_never_shown(vace: DiffusionEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = opened(vace)
    draw = pipe.vae.decode
    monkeypatch.setattr(pipe.vae, "decode", lambda *args, **kwargs: (draw(*args, **kwargs)[0] * float("nan"),))
    with pytest.raises(EngineFailed) as caught:
        vace.render(SCENE, ignore)
    assert caught.value.code == "model_unusable"


def watched_calls(engine: DiffusionEngine, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that gets ``"call"`` whenever the denoiser of ``engine`` starts to work."""
    story: list[Any] = []
    transformer = opened(engine).transformer
    forward = transformer.forward

    def counted(*args: Any, **kwargs: Any) -> Any:
        story.append("call")
        return forward(*args, **kwargs)

    monkeypatch.setattr(transformer, "forward", counted)
    return story


def hollow(pipeline: str) -> Any:
    """Return a diffusers pipeline of that class without weights: its signature and a denoiser's configuration."""
    kind = getattr(importlib.import_module("diffusers"), pipeline)
    pipe = object.__new__(kind)
    denoiser = "unet" if "unet" in inspect.signature(kind.__init__).parameters else "transformer"
    config = SimpleNamespace(patch_size=2) if denoiser == "transformer" else SimpleNamespace(block_out_channels=(1, 2))
    object.__setattr__(pipe, denoiser, SimpleNamespace(config=config))
    return pipe


def raising(error: Exception) -> Callable[..., Any]:
    """Return a function that raises ``error``."""

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    return fail


def copied(models: Path, tmp_path: Path) -> Path:
    """Return a copy of the reference model, free to be spoilt."""
    return Path(shutil.copytree(models / "vace", tmp_path / "model"))


def edit_index(folder: Path, changes: dict[str, Any]) -> None:
    """Change the model's table of contents."""
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
