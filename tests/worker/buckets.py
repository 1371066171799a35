"""A bucket for tests: of the S3 that S3_ENDPOINT names, else of a small server that speaks what is used of S3."""

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import boto3

BUCKET = os.environ.get("S3_BUCKET", "tests")
KEYS = {"access_key": "tests", "secret_key": "secret-of-tests"}
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class Bucket(ThreadingHTTPServer):
    """Objects and unfinished multipart uploads, in memory. It checks no signature, but wants one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Bucket
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def heard(self) -> tuple[str, dict[str, str], bytes]:
        """Key, query and body of a signed request."""
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        signed = "Authorization" in self.headers or "X-Amz-Signature" in query or "Signature" in query
        assert signed, "unsigned"
        return url.path.removeprefix(f"/{BUCKET}/"), query, body

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send the reply."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status: int, code: str) -> None:
        """Send an error as S3 does."""
        self.answer(status, f"<Error><Code>{code}</Code></Error>".encode(), Content_Type="application/xml")

    def do_POST(self) -> None:
        """CreateMultipartUpload, CompleteMultipartUpload."""
        key, query, body = self.heard()
        if "uploads" in query:
            name = hashlib.sha256(f"{key}{len(self.server.parts)}".encode()).hexdigest()
            self.server.parts[name] = {}
            return self.answer(200, _xml("InitiateMultipartUploadResult", f"<UploadId>{name}</UploadId>"))
        there = self.server.parts.get(query["uploadId"])
        if there is None:
            return self.refuse(404, "NoSuchUpload")
        listed = [(int(_text(part, "PartNumber")), _text(part, "ETag")) for part in ElementTree.fromstring(body)]
        if any(number not in there or _etag(there[number]) != etag for number, etag in listed) or not listed:
            return self.refuse(400, "InvalidPart")
        self.server.objects[key] = b"".join(there[number] for number, _ in listed)
        del self.server.parts[query["uploadId"]]
        return self.answer(200, _xml("CompleteMultipartUploadResult", f"<Key>{key}</Key>"))

    def do_PUT(self) -> None:
        """PutObject, UploadPart."""
        key, query, body = self.heard()
        if "uploadId" not in query:
            self.server.objects[key] = body
        elif query["uploadId"] in self.server.parts:
            self.server.parts[query["uploadId"]][int(query["partNumber"])] = body
        else:
            return self.refuse(404, "NoSuchUpload")
        return self.answer(200, ETag=_etag(body))

    def do_GET(self) -> None:
        """GetObject (with Range), ListParts."""
        key, query, _ = self.heard()
        if "uploadId" in query:
            there = self.server.parts.get(query["uploadId"])
            if there is None:
                return self.refuse(404, "NoSuchUpload")
            rows = (_part(number, body) for number, body in sorted(there.items()))
            return self.answer(200, _xml("ListPartsResult", "<IsTruncated>false</IsTruncated>" + "".join(rows)))
        if key not in self.server.objects:
            return self.refuse(404, "NoSuchKey")
        body = self.server.objects[key]
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            begin, end = int(wanted[1]), int(wanted[2] or len(body) - 1) + 1
            return self.answer(206, body[begin:end], Content_Range=f"bytes {begin}-{end - 1}/{len(body)}")
        return self.answer(200, body, ETag=_etag(body))

    def do_HEAD(self) -> None:
        """HeadObject."""
        self.do_GET()

    def do_DELETE(self) -> None:
        """DeleteObject, AbortMultipartUpload."""
        key, query, _ = self.heard()
        if "uploadId" in query and self.server.parts.pop(query["uploadId"], None) is None:
            return self.refuse(404, "NoSuchUpload")
        if "uploadId" not in query:
            self.server.objects.pop(key, None)
        return self.answer(204)


@contextlib.contextmanager
def bucket() -> Iterator[dict[str, Any]]:
    """Give the options of a storage whose bucket is there."""
    fixed = {"bucket_name": BUCKET, "region_name": "us-east-1", "addressing_style": "path", "file_overwrite": False}
    if endpoint := os.environ.get("S3_ENDPOINT"):
        made = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
        with contextlib.suppress(made.exceptions.BucketAlreadyOwnedByYou):
            made.create_bucket(Bucket=BUCKET)
        yield {"endpoint_url": endpoint, **fixed}
        return
    with Bucket() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield {"endpoint_url": server.url, **KEYS, **fixed}
        finally:
            server.shutdown()
            thread.join()


def _xml(name: str, inner: str) -> bytes:
    return f'<{name} xmlns="{NAMESPACE}">{inner}</{name}>'.encode()


def _text(part: ElementTree.Element, name: str) -> str:
    found = next(child for child in part if child.tag.endswith(name))
    return found.text or ""


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def _part(number: int, body: bytes) -> str:
    inner = f"<PartNumber>{number}</PartNumber><ETag>{_etag(body)}</ETag><Size>{len(body)}</Size>"
    return f"<Part>{inner}</Part>"
