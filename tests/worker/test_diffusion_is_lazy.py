"""The diffusion engine costs nothing until it renders; needs no torch."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "diffusers", "transformers", "accelerate", "safetensors", "huggingface_hub", "django")

PROGRAM = f"""
import sys
from pathlib import Path
from worker.engines.base import EngineFailed, Scene
from worker.engines.diffusion import DiffusionEngine

engine = DiffusionEngine(Path("nowhere"))
try:
    engine.render(Scene(prompt="", seed=0, portraits=()), lambda done, total: None)
except EngineFailed as failure:
    print(failure.code)
print([name for name in {HEAVY} if name in sys.modules])
"""


def test_importing_the_engine_and_missing_a_model_load_neither_torch_nor_diffusers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["model_missing", "[]"]
