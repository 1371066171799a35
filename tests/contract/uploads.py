"""What the small world holds for the routes about uploads: one that is being received, one that failed, one at work."""

from dataclasses import dataclass
from typing import Any

from accounts.models import Person
from worker import incoming
from worker.models import Upload
from worker.uploads import sessions

CONTENT = b"a film that is none"
DECLARED = {"size_bytes": len(CONTENT), "media_type": "video/mp4", "sha256": "ab" * 32}


@dataclass(frozen=True)
class Uploads:
    """The requester's uploads."""

    receiving: Upload
    failed: Upload
    processing: Upload

    def named_by(self, address: str) -> Upload:
        """The one for which a route works."""
        if address.endswith("/retries"):
            return self.failed
        return self.processing if address.endswith("/completion") else self.receiving


def made(requester: Person) -> Uploads:
    """Make them."""
    receiving, failed, processing = (sessions.begin(owner=requester, **DECLARED) for _ in range(3))
    incoming.write(failed.file, 0, CONTENT)
    ended: dict[str, Any] = {"failure_code": "processing_failed", "ended_at": failed.created_at}
    whole = Upload.objects.filter(id__in=[failed.id, processing.id])
    whole.update(status="processing", received=len(CONTENT), progress=50)
    whole.filter(id=failed.id).update(status="failed", **ended)
    return Uploads(receiving, failed, processing)
