"""Asking for a video and watching it being made."""

import time
from typing import Any

from demo import terminal
from demo.client import Caller, StepFailed

PATIENCE_S = 120
ENDS = ("completed", "failed", "cancelled_consent", "refused")


def wish(prompt: str, audience: str = "followers") -> dict[str, Any]:
    """Return the request for a video of Eileen."""
    return {"subjects": ["eileen"], "prompt": prompt, "audience": audience, "purpose": "entertainment"}


def wait(who: Caller, job_id: str, *, percent: int = 101) -> dict[str, Any]:
    """Poll a job, drawing its bar, until it has ended or is ``percent`` done; return it."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        job: dict[str, Any] = who.send("GET", f"/jobs/{job_id}", 200).json()
        reached = job["status"] in ENDS or job["progress"] >= percent
        terminal.bar(job["status"], job["progress"], done=reached)
        if reached:
            return job
        time.sleep(0.25)
    raise StepFailed(f"the job {job_id} did not end within {PATIENCE_S} s")


def make(who: Caller, prompt: str, audience: str = "followers") -> str:
    """Ask for a video, wait for it, and return its id; raise StepFailed unless it is completed."""
    job = who.step("POST", "/jobs", 202, f"accepted: {prompt!r}", json=wish(prompt, audience))
    job = wait(who, job["id"])
    if job["status"] != "completed":
        raise StepFailed(f"the job ended as {job['status']}: {job['failure_code']} {job['failure_detail']}")
    return str(job["video"])
