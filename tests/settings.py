"""The product's settings, on a cluster of the tests' own that forgets to be careful with the disk."""

import os
import tempfile
from pathlib import Path

from socialvideo.embedded.cluster import Cluster

ROOT = Path(__file__).resolve().parent.parent
# VAR_TEST keeps several runs on one machine apart.
CLUSTER = Cluster(ROOT / "var" / f"test{os.environ.get('VAR_TEST', '')}" / "pg", fast=True)

if "DATABASE_URL" not in os.environ:
    os.environ["DATABASE_URL"] = CLUSTER.url("socialvideo")
os.environ["VAR"] = os.environ.get("TEST_VAR") or tempfile.mkdtemp(prefix="sv-test-")
# What Hypothesis writes down goes with the rest, and leaves nothing in the tree.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", f"{os.environ['VAR']}/hypothesis")
os.environ.setdefault("RATE_LIMIT_FACTOR", "100000")

from socialvideo.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
VIDEO_WIDTH, VIDEO_HEIGHT, VIDEO_SECONDS, VIDEO_FPS = 90, 160, 1, 6
CELERY = {**CELERY, "broker_url": "memory://", "broker_transport_options": {}}  # noqa: F405
DISCOVERY_INTAKE_SECONDS = 0  # tests drain by hand
DISCOVERY_SENDER = "tests.accounts.discovering.catch"
ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
WHITENOISE_USE_FINDERS = False
