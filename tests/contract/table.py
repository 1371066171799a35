"""Who may do what, as it was decided: the status that each caller of each route gets."""

from tests.contract.callers import CALLERS
from tests.contract.routes import UNDESCRIBED, Route
from tests.contract.world import WHO

Row = dict[str, int]


def public(status: int, **other: int) -> Row:
    """Decide a route for everybody, with those who get another status named."""
    return {**dict.fromkeys(CALLERS, status), **other}


def signed_in(status: int, **other: int) -> Row:
    """Decide a route for everybody who is signed in; a suspended person's sessions have ended."""
    return public(status, anonymous=401, suspended=401, **other)


# The things in the addresses and bodies are the requester's, and the requester is the one whose handle they name.
TABLE: dict[str, Row] = {
    "POST /people": public(201),
    "GET /people/{handle}": signed_in(200, blocked=404),
    "GET /people/{handle}/picture": public(200, blocked=404, suspended=401),
    "PUT /people/{handle}/follow": signed_in(200, blocked=404, requester=422),
    "DELETE /people/{handle}/follow": signed_in(204, blocked=404),
    "GET /people/{handle}/followers": signed_in(200, blocked=404),
    "GET /people/{handle}/following": signed_in(200, blocked=404),
    "DELETE /me/followers/{handle}": signed_in(204, blocked=404),
    "GET /me/follow-requests": signed_in(200),
    "PUT /me/follow-requests/{handle}": signed_in(404, stranger=204),
    "DELETE /me/follow-requests/{handle}": signed_in(404, stranger=204),
    "GET /me/mutuals": signed_in(200),
    "GET /me/blocks": signed_in(200),
    "PUT /me/blocks/{handle}": signed_in(204, blocked=404, requester=422),
    "DELETE /me/blocks/{handle}": signed_in(204, blocked=404),
    "GET /me/mutes": signed_in(200),
    "PUT /me/mutes/{handle}": signed_in(204, blocked=404, requester=422),
    "DELETE /me/mutes/{handle}": signed_in(204, blocked=404),
    "GET /me/close-friends": signed_in(200),
    "PUT /me/close-friends/{handle}": signed_in(409, blocked=404, mutual=204, subject=204),
    "DELETE /me/close-friends/{handle}": signed_in(204, blocked=404),
    "GET /me/suggestions": signed_in(200),
    "DELETE /me/suggestions/{handle}": signed_in(204, blocked=404),
    "GET /people/{handle}/posts": signed_in(200, blocked=404),
    "GET /me": signed_in(200),
    "PATCH /me": signed_in(200),
    "DELETE /me": signed_in(202, moderator=409, admin=409),
    "PUT /departures": public(204),
    "POST /departures/report": public(200),
    "POST /me/exports": signed_in(202),
    "GET /me/exports": signed_in(200),
    "GET /me/exports/{export_id}": signed_in(404, requester=200),
    "DELETE /me/exports/{export_id}": signed_in(404, requester=204),
    "GET /me/exports/{export_id}/archive": signed_in(404, requester=200),
    "PUT /me/picture": signed_in(200),
    "DELETE /me/picture": signed_in(204),
    "POST /sessions": public(201),
    "GET /sessions": signed_in(200),
    "DELETE /sessions": signed_in(204),
    "POST /sessions/code": public(201),
    "POST /sessions/passkey": public(201),
    "POST /passkey-ceremonies": public(201),
    "PUT /email-verifications": public(204),
    "POST /password-resets": public(202),
    "PUT /password-resets": public(200),
    "PUT /me/email": signed_in(202),
    "PUT /me/email-verifications": signed_in(409),
    "PUT /me/password": signed_in(201),
    "PUT /me/confirmation": signed_in(204, subject=401),
    "POST /me/passkey-ceremonies": signed_in(201),
    "GET /me/passkeys": signed_in(200),
    "POST /me/passkeys": signed_in(422, requester=201),
    "PATCH /me/passkeys/{passkey_id}": signed_in(404, requester=200),
    "DELETE /me/passkeys/{passkey_id}": signed_in(404, requester=204),
    "POST /me/totp": signed_in(201, subject=409),
    "PUT /me/totp": signed_in(404, requester=200),
    "DELETE /me/totp": signed_in(204),
    "PUT /me/recovery-codes": signed_in(409, subject=200),
    "GET /me/security": signed_in(200),
    "GET /guardianships": signed_in(200),
    "POST /guardianships": signed_in(422, blocked=404),
    "PUT /guardianships/{guardianship_id}": signed_in(404, requester=200),
    "DELETE /guardianships/{guardianship_id}": signed_in(404, requester=204),
    "GET /guardianships/{guardianship_id}/grants": signed_in(404, requester=200),
    "PUT /guardianships/{guardianship_id}/grants/{ward_grant_id}": signed_in(404, requester=200),
    "DELETE /guardianships/{guardianship_id}/grants/{ward_grant_id}": signed_in(404, requester=204),
    "PUT /guardianships/{guardianship_id}/likeness": signed_in(404, requester=204),
    "DELETE /guardianships/{guardianship_id}/likeness": signed_in(404, requester=204),
    "DELETE /sessions/{session_id}": signed_in(404, requester=204),
    "GET /me/notices": signed_in(200),
    "GET /me/notices/unread": signed_in(200),
    "PUT /me/notices/read": signed_in(204),
    "DELETE /me/notices/{notice_id}": signed_in(404, requester=204),
    "PUT /me/notices/{notice_id}/read": signed_in(404, requester=204),
    "GET /me/notice-settings": signed_in(200),
    "PATCH /me/notice-settings": signed_in(200),
    "GET /me/push-key": signed_in(200),
    "GET /me/push-subscriptions": signed_in(200),
    "POST /me/push-subscriptions": signed_in(201),
    "DELETE /me/push-subscriptions/{subscription_id}": signed_in(404, requester=204),
    "GET /unsubscriptions": public(200),
    "POST /unsubscriptions": public(202),
    "PUT /me/likeness": signed_in(201),
    "GET /me/likeness": signed_in(404, subject=200),
    "DELETE /me/likeness": signed_in(204),
    "GET /me/likeness/uses": signed_in(200),
    "GET /me/likeness/videos": signed_in(200),
    "GET /me/likeness/drafts": signed_in(200),
    "GET /me/likeness/people": signed_in(200),
    "PUT /me/likeness/people/{handle}": signed_in(200, blocked=404, requester=422),
    "DELETE /me/likeness/people/{handle}": signed_in(204, blocked=404),
    "GET /me/likeness/export": signed_in(200),
    "POST /asks": signed_in(201, blocked=404, subject=422, requester=409),
    "GET /asks": signed_in(200),
    "PUT /asks/{ask_id}/answer": signed_in(404, subject=200),
    "POST /grants": signed_in(409, subject=201),
    "GET /grants": signed_in(200),
    "GET /grants/{grant_id}": signed_in(404, subject=200, requester=200),
    "PATCH /grants/{grant_id}": signed_in(404, subject=200),
    "POST /grants/{grant_id}/renewals": signed_in(404, subject=201),
    "POST /grants/{grant_id}/trial": signed_in(404, subject=200),
    "POST /withdrawals": signed_in(404, subject=201),
    "GET /withdrawals": signed_in(200),
    "GET /withdrawals/{withdrawal_id}": signed_in(404, subject=200),
    "GET /grants/{grant_id}/receipt": signed_in(404, subject=200),
    "GET /ledger/leaves": public(200, suspended=401),
    "GET /ledger/leaves/{leaf_index}/proof": public(200, suspended=401),
    "GET /ledger/consistency": public(200, suspended=401),
    "GET /ledger/checkpoint": public(200, suspended=401),
    "GET /ledger/key": public(200, suspended=401),
    "POST /jobs": signed_in(403, requester=202),
    "POST /jobs/dry-run": signed_in(200),
    "GET /jobs": signed_in(200),
    "GET /jobs/{job_id}": signed_in(404, requester=200),
    "GET /videos": signed_in(200),
    "GET /videos/{video_id}": signed_in(404, subject=200, requester=200),
    "GET /videos/{video_id}/playback": signed_in(404, follower=200, mutual=200, subject=200, requester=200),
    "GET /videos/{video_id}/download": signed_in(404, follower=200, mutual=200, subject=200, requester=200),
    "POST /videos/{video_id}/remixes": signed_in(404, follower=202, mutual=202, subject=202, requester=202),
    "PUT /videos/{video_id}/review": signed_in(404, subject=204),
    "POST /posts": signed_in(404, requester=201),
    "GET /posts/{post_id}": signed_in(404, follower=200, mutual=200, subject=200, requester=200),
    "DELETE /posts/{post_id}": signed_in(404, requester=204),
    "GET /feeds/following": signed_in(200),
    "POST /reports": signed_in(201, requester=409),
    "GET /reports": signed_in(200),
    "GET /me/statements": signed_in(200),
    "GET /moderation/reports": signed_in(403, moderator=200, admin=200),
    "POST /moderation/actions": signed_in(403, moderator=201, admin=201),
    "POST /contacts/enrolment/code": signed_in(202),
    "GET /contacts/enrolment": signed_in(404, subject=200, requester=200),
    "PUT /contacts/enrolment": signed_in(422, requester=200),
    "DELETE /contacts/enrolment": signed_in(204),
    "GET /contacts/enrolment/proof": signed_in(404, subject=200, requester=200),
    "GET /contacts/keys": public(200),
    "POST /contacts/evaluations": signed_in(409, subject=200, requester=200),
    "PUT /contacts/edges": signed_in(409, subject=202, requester=202),
    "DELETE /contacts/edges": signed_in(204),
    "GET /contacts/matches": signed_in(200),
    "GET /contacts/transparency": public(200),
    "POST /contacts/absence/code": public(202),
    "POST /contacts/absence": public(200),
    "GET /schema": public(200),
    "GET /docs": public(200),
}
# These answer a question and store nothing.
ASKING = {
    *("POST /jobs/dry-run", "POST /grants/{grant_id}/trial"),
    *("POST /contacts/evaluations", "POST /contacts/absence", "POST /departures/report"),
}
# A kept reply would hold what came from a number.
NEVER_KEPT = {"POST /contacts/enrolment/code", "POST /contacts/absence/code"}
# Only a teenager may do these, and nobody among WHO is one; nobody among them has an address to confirm either.
OF_OTHERS = {"POST /guardianships": "teen", "PUT /me/email-verifications": "newcomer"}
PUBLIC = {
    *("POST /sessions/code", "POST /sessions/passkey", "POST /passkey-ceremonies", "PUT /email-verifications"),
    *("POST /password-resets", "PUT /password-resets"),
    *("PUT /departures", "POST /departures/report"),
    *("POST /people", "POST /sessions", "GET /people/{handle}/picture"),
    *("GET /unsubscriptions", "POST /unsubscriptions"),
    *("GET /ledger/checkpoint", "GET /ledger/key", "GET /ledger/leaves", "GET /ledger/leaves/{leaf_index}/proof"),
    *("GET /ledger/consistency", *UNDESCRIBED),
    *("GET /contacts/keys", "GET /contacts/transparency", "POST /contacts/absence/code", "POST /contacts/absence"),
}


def rightful(route: Route) -> str:
    """The first of WHO for whom the route works, or somebody else in the world."""
    if other := OF_OTHERS.get(str(route)):
        return other
    return next(who for who in WHO if TABLE[str(route)][who] < 300)
