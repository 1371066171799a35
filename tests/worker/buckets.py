"""A bucket for tests: of the S3 that S3_ENDPOINT names, else of a server that speaks S3 (moto)."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError

from socialvideo.embedded.ports import free_port

BUCKET = os.environ.get("S3_BUCKET", "tests")
KEYS = {"access_key": "tests", "secret_key": "secret-of-tests"}
IS_THERE = "S3_ENDPOINT" in os.environ or find_spec("moto") is not None


@contextmanager
def bucket() -> Iterator[dict[str, Any]]:
    """Give the options of a storage whose bucket is there."""
    options = {"bucket_name": BUCKET, "region_name": "us-east-1", "addressing_style": "path", "file_overwrite": False}
    if endpoint := os.environ.get("S3_ENDPOINT"):
        yield {"endpoint_url": endpoint, **options}
        return
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _make(f"http://127.0.0.1:{port}")
        yield {"endpoint_url": f"http://127.0.0.1:{port}", **KEYS, **options}
    finally:
        server.terminate()
        server.wait()


def _make(endpoint: str) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["access_key"],
        aws_secret_access_key=KEYS["secret_key"],
    )
    deadline = time.monotonic() + 30
    while True:
        try:
            client.create_bucket(Bucket=BUCKET)
        except BotoCoreError:
            assert time.monotonic() < deadline, "the server that speaks S3 did not start"
            time.sleep(0.1)
        else:
            return
