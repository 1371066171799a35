"""ETag and If-Match (RFC 9110 §13): nobody overwrites what changed since they read it, nor reads it twice."""

from rest_framework.request import Request

from socialvideo.lib.errors import Problem


def etag(*parts: object) -> str:
    """Return the strong validator made of ``parts``."""
    return '"' + "-".join(str(part) for part in parts) + '"'


def is_known(request: Request, current: str) -> bool:
    """Tell whether the client has this version already (If-None-Match): the answer is 304 then."""
    sent = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    return current in sent


def require_match(request: Request, current: str) -> None:
    """Raise 428 without If-Match and 412 when it names another version than ``current``."""
    sent = request.headers.get("If-Match")
    if sent is None:
        raise Problem(428, "precondition_required", "Read it first and send its ETag in If-Match.")
    if current not in [tag.strip() for tag in sent.split(",")]:
        raise Problem(412, "precondition_failed", "It changed since you read it. Read it again and decide anew.")
