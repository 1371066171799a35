"""Who may do what, as it was decided: the status that each caller of each route gets."""

from tests.contract.routes import UNDESCRIBED, Route
from tests.contract.world import WHO

# The status for each of WHO: anonymous, stranger, subject, requester, moderator.
TABLE: dict[str, tuple[int, int, int, int, int]] = {
    "POST /people": (201, 201, 201, 201, 201),
    "GET /people/{handle}": (401, 200, 200, 200, 200),
    "GET /people/{handle}/picture": (200, 200, 200, 200, 200),
    "PUT /people/{handle}/follow": (401, 204, 204, 422, 204),
    "DELETE /people/{handle}/follow": (401, 204, 204, 204, 204),
    "GET /people/{handle}/followers": (401, 200, 200, 200, 200),
    "GET /people/{handle}/following": (401, 200, 200, 200, 200),
    "GET /people/{handle}/posts": (401, 200, 200, 200, 200),
    "GET /me": (401, 200, 200, 200, 200),
    "PATCH /me": (401, 200, 200, 200, 200),
    "PUT /me/picture": (401, 200, 200, 200, 200),
    "DELETE /me/picture": (401, 204, 204, 204, 204),
    "POST /sessions": (201, 201, 201, 201, 201),
    "GET /sessions": (401, 200, 200, 200, 200),
    "DELETE /sessions/{session_id}": (401, 404, 404, 204, 404),
    "PUT /me/likeness": (401, 201, 201, 201, 201),
    "GET /me/likeness": (401, 404, 200, 404, 404),
    "DELETE /me/likeness": (401, 204, 204, 204, 204),
    "GET /me/likeness/uses": (401, 200, 200, 200, 200),
    "GET /me/likeness/videos": (401, 200, 200, 200, 200),
    "GET /me/likeness/drafts": (401, 200, 200, 200, 200),
    "GET /me/likeness/people": (401, 200, 200, 200, 200),
    "PUT /me/likeness/people/{handle}": (401, 200, 200, 422, 200),
    "DELETE /me/likeness/people/{handle}": (401, 204, 204, 204, 204),
    "GET /me/likeness/export": (401, 200, 200, 200, 200),
    "POST /asks": (401, 201, 422, 409, 201),
    "GET /asks": (401, 200, 200, 200, 200),
    "PUT /asks/{ask_id}/answer": (401, 404, 200, 404, 404),
    "POST /grants": (401, 409, 201, 409, 409),
    "GET /grants": (401, 200, 200, 200, 200),
    "GET /grants/{grant_id}": (401, 404, 200, 200, 404),
    "PATCH /grants/{grant_id}": (401, 404, 200, 404, 404),
    "POST /grants/{grant_id}/renewals": (401, 404, 201, 404, 404),
    "POST /grants/{grant_id}/trial": (401, 404, 200, 404, 404),
    "POST /withdrawals": (401, 404, 201, 404, 404),
    "GET /withdrawals": (401, 200, 200, 200, 200),
    "GET /withdrawals/{withdrawal_id}": (401, 404, 200, 404, 404),
    "GET /grants/{grant_id}/receipt": (401, 404, 200, 404, 404),
    "GET /ledger/leaves": (200, 200, 200, 200, 200),
    "GET /ledger/leaves/{leaf_index}/proof": (200, 200, 200, 200, 200),
    "GET /ledger/consistency": (200, 200, 200, 200, 200),
    "GET /ledger/checkpoint": (200, 200, 200, 200, 200),
    "GET /ledger/key": (200, 200, 200, 200, 200),
    "POST /jobs": (401, 403, 403, 202, 403),
    "POST /jobs/dry-run": (401, 200, 200, 200, 200),
    "GET /jobs": (401, 200, 200, 200, 200),
    "GET /jobs/{job_id}": (401, 404, 404, 200, 404),
    "GET /videos": (401, 200, 200, 200, 200),
    "GET /videos/{video_id}": (401, 404, 200, 200, 404),
    "GET /videos/{video_id}/playback": (401, 404, 200, 200, 404),
    "GET /videos/{video_id}/download": (401, 404, 200, 200, 404),
    "POST /videos/{video_id}/remixes": (401, 404, 202, 202, 404),
    "PUT /videos/{video_id}/review": (401, 404, 204, 404, 404),
    "POST /posts": (401, 404, 404, 201, 404),
    "GET /posts/{post_id}": (401, 404, 200, 200, 404),
    "DELETE /posts/{post_id}": (401, 404, 404, 204, 404),
    "GET /feeds/following": (401, 200, 200, 200, 200),
    "POST /reports": (401, 201, 201, 409, 201),
    "GET /reports": (401, 200, 200, 200, 200),
    "GET /me/statements": (401, 200, 200, 200, 200),
    "GET /moderation/reports": (401, 403, 403, 403, 200),
    "POST /moderation/actions": (401, 403, 403, 403, 201),
    "POST /contacts/enrolment/code": (401, 202, 202, 202, 202),
    "GET /contacts/enrolment": (401, 404, 200, 200, 404),
    "PUT /contacts/enrolment": (401, 422, 422, 200, 422),
    "DELETE /contacts/enrolment": (401, 204, 204, 204, 204),
    "GET /contacts/enrolment/proof": (401, 404, 200, 200, 404),
    "GET /contacts/keys": (200, 200, 200, 200, 200),
    "POST /contacts/evaluations": (401, 409, 200, 200, 409),
    "PUT /contacts/edges": (401, 409, 202, 202, 409),
    "DELETE /contacts/edges": (401, 204, 204, 204, 204),
    "GET /contacts/matches": (401, 200, 200, 200, 200),
    "GET /contacts/transparency": (200, 200, 200, 200, 200),
    "POST /contacts/absence/code": (202, 202, 202, 202, 202),
    "POST /contacts/absence": (200, 200, 200, 200, 200),
    "GET /schema": (200, 200, 200, 200, 200),
    "GET /docs": (200, 200, 200, 200, 200),
}
# These answer a question and make nothing.
ASKING = {
    *("POST /jobs/dry-run", "POST /grants/{grant_id}/trial"),
    *("POST /contacts/evaluations", "POST /contacts/absence"),
}
# A kept reply would hold what came from a number.
NEVER_KEPT = {"POST /contacts/enrolment/code", "POST /contacts/absence/code"}
PUBLIC = {
    *("POST /people", "POST /sessions", "GET /people/{handle}/picture"),
    *("GET /ledger/checkpoint", "GET /ledger/key", "GET /ledger/leaves", "GET /ledger/leaves/{leaf_index}/proof"),
    *("GET /ledger/consistency", *UNDESCRIBED),
    *("GET /contacts/keys", "GET /contacts/transparency", "POST /contacts/absence/code", "POST /contacts/absence"),
}


def rightful(route: Route) -> str:
    """The first of WHO for whom the route works."""
    return next(who for who, status in zip(WHO, TABLE[str(route)], strict=True) if status < 300)
