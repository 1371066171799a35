"""Accounts over real HTTP: passkeys, log-ins in two steps, devices signed out, and how it begins for teenagers."""

import base64
import time
from typing import Any

import pytest

from demo import rendering, seed
from demo.client import Caller, picture
from demo.people import PORTRAIT, Cast
from tests.authenticator import Authenticator
from tests.factories import digits
from tests.journeys.newcomers import PASSWORD, Newcomers, account
from tests.journeys.running import Running
from tests.journeys.streams import publish
from tests.journeys.viewers import Crowd, Viewer

pytestmark = pytest.mark.journey


def signed_in(caller: Caller, path: str, status: int, body: dict[str, Any]) -> dict[str, Any]:
    """Begin a session, and use it from here on."""
    session: dict[str, Any] = caller.send("POST", path, status, json=body).json()
    caller.headers = {"Authorization": f"Bearer {session['token']}"}
    return session


def test_a_passkey_is_all_that_one_needs(running: Running, newcomers: Newcomers) -> None:
    ada, device = newcomers.caller("ada"), Authenticator(running.house.api_url.replace("127.0.0.1", "localhost"))
    begun = ada.send("POST", "/passkey-ceremonies", 201, json={"kind": "sign_up", "handle": ada.handle}).json()
    passkey = {"ceremony": begun["id"], "credential": device.create(begun["public_key"])}
    ada.send("POST", "/people", 201, json=account(ada, 30, passkey=passkey))

    begun = ada.send("POST", "/passkey-ceremonies", 201, json={"kind": "log_in"}).json()
    answer = {"ceremony": begun["id"], "credential": device.get(begun["public_key"])}
    signed_in(ada, "/sessions/passkey", 201, {**answer, "device": "telephone"})
    assert ada.send("GET", "/me", 200).json()["handle"] == ada.handle
    newcomers.verify(ada)
    assert ada.send("GET", "/me", 200).json()["email_verified"] is True
    (row,) = ada.send("GET", "/me/passkeys", 200).json()["data"]
    assert row["last_used_at"] is not None

    ada.headers = {}
    assert ada.send("POST", "/sessions/passkey", 422, json=answer).json()["code"] == "ceremony_over"
    assert ada.send("POST", "/sessions", 401, json={"handle": ada.handle, "password": PASSWORD}).status == 401


def test_logging_in_takes_two_steps_once_a_second_factor_is_on(newcomers: Newcomers) -> None:
    bea = newcomers.sign_up("bea")
    secret = base64.b32decode(bea.send("POST", "/me/totp", 201).json()["secret"])
    codes = bea.send("PUT", "/me/totp", 200, json={"code": digits(secret)}).json()["recovery_codes"]

    bea.headers = {}
    refused = bea.send("POST", "/sessions", 401, json={"handle": bea.handle, "password": PASSWORD}).json()
    assert refused["code"] == "second_factor_needed"
    step = {"half_session": refused["half_session"], "device": "telephone"}
    assert bea.send("POST", "/sessions/code", 401, json={**step, "code": "000000"}).json()["code"] == "code_wrong"
    signed_in(bea, "/sessions/code", 201, {**step, "code": codes[0]})
    assert bea.send("GET", "/me/security", 200).json()["recovery_codes_left"] == len(codes) - 1


def test_signing_a_device_out_ends_what_it_plays_within_five_seconds(
    running: Running, cast: Cast, newcomers: Newcomers
) -> None:
    video = publish(running, cast)
    home, away = newcomers.sign_up("cleo"), Caller(running.house.api_url, "")
    newcomers.callers.append(away)
    away.handle = home.handle
    lost = signed_in(away, "/sessions", 201, {"handle": home.handle, "password": PASSWORD, "device": "lost"})
    address = away.send("GET", f"/videos/{video}/playback", 200).json()["video_url"]
    shown = {row["id"]: row for row in home.send("GET", "/sessions", 200).json()["data"]}
    assert (shown[lost["id"]]["device"], shown[lost["id"]]["is_current"]) == ("lost", False)

    with Crowd([Viewer(address, pace=512 * 1024), Viewer(address)]) as crowd:
        crowd.watch_until(64 * 1024)
        assert all(viewer.is_live for viewer in crowd.viewers)
        home.send("DELETE", f"/sessions/{lost['id']}", 204)
        signed_out_at = time.monotonic()
        crowd.watch_to_the_end()
    assert {viewer.end for viewer in crowd.viewers} <= {"reset", "short"}
    assert max(viewer.end_at for viewer in crowd.viewers) - signed_out_at < 5
    assert away.call("GET", address).status == 401
    assert away.send("GET", "/me", 401).json()["code"] == "token_invalid"
    home.send("GET", "/me", 200)


def test_children_have_no_account_and_teenagers_begin_protected(
    running: Running, cast: Cast, newcomers: Newcomers
) -> None:
    child = newcomers.caller("child")
    assert child.send("POST", "/people", 422, json=account(child, 12)).json()["code"] == "too_young"
    assert running.query("SELECT count(*) FROM accounts_person WHERE handle = %s", child.handle) == [(0,)]

    tess = newcomers.sign_up("tess", 15)
    assert tess.send("GET", "/me", 200).json()["is_private"] is True
    asked = {"subject": tess.handle, "purposes": ["personal"], "audience": "private", "message": "Hi!"}
    assert cast.sam.send("POST", "/asks", 403, json=asked).json()["code"] == "not_reachable"
    photo = picture("photo", PORTRAIT)
    assert tess.send("PUT", "/me/likeness", 409, fields=photo).json()["code"] == "guardian_needed"

    mother = newcomers.sign_up("mother")
    link = tess.send("POST", "/guardianships", 201, json={"guardian": mother.handle}).json()["id"]
    mother.send("PUT", f"/guardianships/{link}", 200)
    assert tess.send("PUT", "/me/likeness", 201, fields=photo).json()["awaits_guardian"] is True
    terms = {**seed.terms(), "grantee": "sam"}
    everyone = {name: value for name, value in terms.items() if name != "grantee"}
    refused = tess.send("POST", "/grants", 422, json={**everyone, "group": "everyone", "review": True})
    assert refused.json()["code"] == "teen_everyone"

    grant = tess.send("POST", "/grants", 201, json=terms).json()["id"]
    wish = {**rendering.wish("surfing"), "subjects": [tess.handle]}
    cast.sam.send("POST", "/jobs", 403, json=wish)
    mother.send("PUT", f"/guardianships/{link}/likeness", 204)
    cast.sam.send("POST", "/jobs", 403, json=wish)
    mother.send("PUT", f"/guardianships/{link}/grants/{grant}", 200)
    job = cast.sam.send("POST", "/jobs", 202, json=wish).json()["id"]
    mother.send("DELETE", f"/guardianships/{link}/grants/{grant}", 204)
    assert rendering.wait(cast.sam, job)["status"] == "cancelled_consent"
