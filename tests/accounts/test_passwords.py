"""Passwords: those that thieves know are refused, and changing one signs everybody else out."""

import hashlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from accounts import auth, passwords
from accounts.models import Mail, Person, Session
from socialvideo.lib.errors import Problem
from tests import factories

pytestmark = pytest.mark.django_db
KNOWN = "a password that was stolen"
DIGEST = hashlib.sha1(KNOWN.encode()).hexdigest().upper()
RANGE = f"{'0' * 35}:3\r\n{DIGEST[5:]}:12\r\n"


def refused(password: str) -> bool:
    """Whether the password cannot be chosen."""
    try:
        passwords.choose(Person(handle="ada"), password)
    except Problem as problem:
        return problem.code == "password_weak"
    return False


def test_without_ranges_only_common_passwords_are_refused() -> None:
    assert [refused(KNOWN), refused("password1234"), refused("trustno1trustno1")] == [False, True, False]


def test_a_password_in_a_folder_of_ranges_is_refused(settings: Any, tmp_path: Path) -> None:
    settings.BREACHED_PASSWORDS = str(tmp_path)
    (tmp_path / DIGEST[:5]).write_text(RANGE)
    assert [refused(KNOWN), refused("another good password")] == [True, False]


def test_padding_is_not_a_breach(settings: Any, tmp_path: Path) -> None:
    settings.BREACHED_PASSWORDS = str(tmp_path)
    (tmp_path / DIGEST[:5]).write_text(f"{DIGEST[5:]}:0\r\n")
    assert not refused(KNOWN)


class Ranges(BaseHTTPRequestHandler):
    """Answers ranges, and remembers what it was asked."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(RANGE.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_server_of_ranges_is_told_five_digits_and_no_more(settings: Any) -> None:
    with HTTPServer(("127.0.0.1", 0), Ranges) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        settings.BREACHED_PASSWORDS = f"http://127.0.0.1:{server.server_port}/range/"
        assert refused(KNOWN)
        thread.join()
    assert Ranges.asked == [f"/range/{DIGEST[:5]}"]


def test_a_server_that_is_away_keeps_nobody_out(settings: Any) -> None:
    settings.BREACHED_PASSWORDS = "http://127.0.0.1:1"
    assert [refused(KNOWN), refused("password1234")] == [False, True]


def test_a_change_ends_every_session_begins_another_here_and_tells_the_person(requester: Person) -> None:
    old, here = auth.begin(person=requester, device="here")
    auth.begin(person=requester, device="there")
    token, session = passwords.change_here(session=here, password="another good password")
    assert list(Session.objects.filter(ended_at=None)) == [session]
    assert (auth.find_session(old), auth.find_session(token), session.device) == (None, session, "here")
    assert Mail.objects.get().event == "password_changed"


def test_a_weak_password_changes_nothing(requester: Person) -> None:
    auth.begin(person=requester, device="there")
    with pytest.raises(Problem):
        passwords.change(person=requester, password="password1234")
    requester.refresh_from_db()
    assert requester.check_password(factories.PASSWORD)
    assert Session.objects.filter(ended_at=None).count() == 1
