"""The diffusion engine in a real worker: a tiny random pipeline makes a real video, and withdrawing stops it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import people, rendering, seed
from demo.client import picture
from demo.people import PORTRAIT, Cast
from tests.journeys.conftest import FOLDER
from tests.journeys.running import PASSWORD, Running

pytest.importorskip("torch")
tiny_models = pytest.importorskip("tests.tiny_models")
pytestmark = [pytest.mark.journey, pytest.mark.generation, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def diffusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A house whose engine is a tiny WanVACE pipeline."""
    model = tmp_path_factory.mktemp("model")
    tiny_models.write_vace(model)
    small = {"VIDEO_WIDTH": "64", "VIDEO_HEIGHT": "96", "VIDEO_SECONDS": "1", "VIDEO_FPS": "8"}
    made = Running(FOLDER / "diffusion", more={"ENGINE": "diffusion", "MODEL": str(model), **small})
    try:
        yield made.begin()
    finally:
        made.end()


@pytest.fixture
def granted(diffusing: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """The four people, with Eileen's grant for Sam."""
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    cast = people.gather(diffusing.house.api_url, diffusing.house.var / "mail")
    cast.eileen.send("PUT", "/me/likeness", 201, fields=picture("photo", PORTRAIT))
    cast.eileen.send("POST", "/grants", 201, 409, json=seed.terms())
    yield cast
    cast.close()


def loads_torch(pid: int) -> bool:
    """Tell whether a process, or one of its children, has torch in memory."""
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    family = [pid, *map(int, below)]
    maps = [Path(f"/proc/{one}/maps") for one in family]
    return any("libtorch" in one.read_text() for one in maps if one.exists())


def test_a_diffusion_pipeline_makes_a_video_in_the_generation_worker_alone(diffusing: Running, granted: Cast) -> None:
    video = rendering.make(granted.sam, "a long wave")
    shown = granted.sam.send("GET", f"/videos/{video}", 200).json()
    assert shown["engine"] == {"name": "diffusion", "is_preview": False}
    assert (shown["width"], shown["height"]) == (64, 96)
    assert {name: loads_torch(popen.pid) for name, popen in diffusing.popens.items()} == {
        "generation": True,
        "worker": False,
        "media": False,
        "api": False,
        "signer": False,
        "stream": False,
    }


def test_a_withdrawal_stops_the_denoising(diffusing: Running, granted: Cast) -> None:
    before = diffusing.query("SELECT count(*) FROM worker_video")
    job = granted.sam.send("POST", "/jobs", 202, json=rendering.wish("walking on the moon")).json()["id"]
    rendering.wait(granted.sam, job, percent=3)
    granted.eileen.send("POST", "/withdrawals", 201, json={"scope": "everything"})
    assert rendering.wait(granted.sam, job)["status"] == "cancelled_consent"
    assert diffusing.query("SELECT count(*) FROM worker_video") == before
