"""The environment: every reader takes what it says, and refuses the rest with words that say what to write."""

import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from socialvideo.lib import env
from socialvideo.lib.env import SettingWrong

# One of several processes: it waits for the end of its input, then asks for the secret of a file.
ASKS = """import pathlib, sys
from socialvideo.lib import env
sys.stdin.read()
print(env.kept(pathlib.Path(sys.argv[1]), sys.argv[2].encode()).decode())"""


@pytest.fixture
def variable(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without NAME."""
    for name in ("NAME", "NAME_FILE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_a_text_is_the_variable_else_the_default(variable: pytest.MonkeyPatch) -> None:
    assert env.text("NAME", "default") == "default"
    variable.setenv("NAME", "value")
    assert env.text("NAME", "default") == "value"


def test_a_text_without_a_default_must_be_set(variable: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingWrong, match=r"^NAME is not set\. Set it in the environment\.$"):
        env.text("NAME")


@pytest.mark.parametrize(
    ("written", "read"),
    [("1", True), ("true", True), ("ON", True), ("0", False), ("False", False), ("off", False), ("", False)],
)
def test_a_flag_reads_six_words_and_nothing(variable: pytest.MonkeyPatch, written: str, read: bool) -> None:
    variable.setenv("NAME", written)
    assert env.flag("NAME", default=not read) is read


def test_a_flag_that_is_not_set_is_its_default(variable: pytest.MonkeyPatch) -> None:
    assert env.flag("NAME", default=True) is True


@pytest.mark.parametrize("written", ["maybe", "yes", "2", " 1"])
def test_a_flag_of_another_word_is_refused(variable: pytest.MonkeyPatch, written: str) -> None:
    variable.setenv("NAME", written)
    with pytest.raises(SettingWrong, match=r"Write 1, true or on; or 0, false or off\.$"):
        env.flag("NAME", default=True)


@pytest.mark.parametrize(("written", "read"), [(None, 7), ("1", 1), ("10", 10), ("007", 7)])
def test_a_number_is_read_within_its_bounds(variable: pytest.MonkeyPatch, written: str | None, read: int) -> None:
    if written is not None:
        variable.setenv("NAME", written)
    assert env.integer("NAME", 7, low=1, high=10) == read


@pytest.mark.parametrize("written", ["0", "11", "-1", "x", "", "1.5", "٣", "1_0", " 5", "9" * 5000])
def test_a_number_out_of_its_bounds_is_refused(variable: pytest.MonkeyPatch, written: str) -> None:
    variable.setenv("NAME", written)
    with pytest.raises(SettingWrong, match=r"^NAME is '.*'\. Write a whole number from 1 to 10\.$"):
        env.integer("NAME", 7, low=1, high=10)


def test_a_choice_is_one_of_its_words(variable: pytest.MonkeyPatch) -> None:
    assert env.choice("NAME", "a", among=("a", "b")) == "a"
    variable.setenv("NAME", "b")
    assert env.choice("NAME", "a", among=("a", "b")) == "b"
    variable.setenv("NAME", "c")
    with pytest.raises(SettingWrong, match=r"^NAME is 'c'\. Write one of: a, b\.$"):
        env.choice("NAME", "a", among=("a", "b"))


@pytest.mark.parametrize(
    ("written", "read"),
    [("https://a.example/", "https://a.example"), ("http://h:8000", "http://h:8000"), ("http://h/x/", "http://h/x")],
)
def test_an_address_loses_the_slash_at_its_end(variable: pytest.MonkeyPatch, written: str, read: str) -> None:
    variable.setenv("NAME", written)
    assert env.address("NAME", "http://127.0.0.1:8000") == read


@pytest.mark.parametrize("written", ["a.example", "ftp://a", "", "http://", "https://a b", "http://a/?x", "http://a#x"])
def test_what_is_no_address_is_refused(variable: pytest.MonkeyPatch, written: str) -> None:
    variable.setenv("NAME", written)
    with pytest.raises(SettingWrong, match=r"Write an address such as http://127\.0\.0\.1:8000\.$"):
        env.address("NAME", "http://127.0.0.1:8000")


def test_words_stand_between_commas(variable: pytest.MonkeyPatch) -> None:
    assert env.words("NAME", "a, b,,c ,") == ["a", "b", "c"]
    variable.setenv("NAME", "")
    assert env.words("NAME", "a") == []


def test_a_secret_is_the_variable_before_the_file_before_the_one_that_is_kept(
    variable: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mounted").write_text("from the file\n")
    kept = env.secret("NAME", tmp_path / "keys" / "kept")
    assert len(kept) == 64
    assert env.secret("NAME", tmp_path / "keys" / "kept") == kept
    variable.setenv("NAME_FILE", str(tmp_path / "mounted"))
    assert env.secret("NAME", tmp_path / "keys" / "kept") == "from the file"
    variable.setenv("NAME", "from the variable")
    assert env.secret("NAME", tmp_path / "keys" / "kept") == "from the variable"


def test_a_secret_file_that_is_missing_or_empty_is_refused_and_none_is_made(
    variable: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    variable.setenv("NAME_FILE", str(tmp_path / "mounted"))
    with pytest.raises(SettingWrong, match=r"^NAME_FILE names .*mounted, which is not a file\.$"):
        env.secret("NAME", tmp_path / "kept")
    (tmp_path / "mounted").write_text(" \n")
    with pytest.raises(SettingWrong, match=r"^NAME_FILE names .*mounted, which is empty\. Write the secret into it\.$"):
        env.secret("NAME", tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_who_comes_second_reads_what_the_first_one_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file, real = tmp_path / "secret", env.secrets.token_hex

    def overtaken(size: int) -> str:
        monkeypatch.undo()
        assert env.kept(file, b"first") == b"first"
        return real(size)

    monkeypatch.setattr(env.secrets, "token_hex", overtaken)
    assert env.kept(file, b"second") == b"first"
    assert [left.name for left in tmp_path.iterdir()] == ["secret"]


def test_of_eight_processes_at_once_one_makes_the_secret_and_all_read_it(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "secret"
    command, pipe = [sys.executable, "-c", ASKS, str(file)], subprocess.PIPE
    asking = [subprocess.Popen([*command, f"value {n}"], stdin=pipe, stdout=pipe, text=True) for n in range(8)]
    time.sleep(0.3)
    with ThreadPoolExecutor(8) as pool:
        read = [output for output, _ in pool.map(subprocess.Popen.communicate, asking)]
    assert read == [file.read_text() + "\n"] * 8
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [left.name for left in file.parent.iterdir()] == ["secret"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("console:", {"EMAIL_BACKEND": "console.EmailBackend"}),
        ("file:///var/my%20mail", {"EMAIL_BACKEND": "filebased.EmailBackend", "EMAIL_FILE_PATH": "/var/my mail"}),
        ("smtp://mx", {"EMAIL_HOST": "mx", "EMAIL_PORT": 25, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False}),
        ("smtp+tls://u:p%40ss@mx", {"EMAIL_PORT": 587, "EMAIL_USE_TLS": True, "EMAIL_HOST_PASSWORD": "p@ss"}),
        ("smtps://u:p@mx:4650", {"EMAIL_PORT": 4650, "EMAIL_USE_SSL": True, "EMAIL_HOST_USER": "u"}),
    ],
)
def test_a_mailbox_is_the_log_a_folder_or_a_server(
    variable: pytest.MonkeyPatch, written: str, read: dict[str, object]
) -> None:
    variable.setenv("NAME", written)
    found = env.mailbox("NAME", "console:")
    assert {name: str(found[name]).removeprefix("django.core.mail.backends.") for name in read} == {
        name: str(value) for name, value in read.items()
    }


@pytest.mark.parametrize("written", ["", "mx", "http://mx", "file://folder", "smtp:", "smtp://"])
def test_another_mailbox_is_refused_and_no_password_is_told(variable: pytest.MonkeyPatch, written: str) -> None:
    variable.setenv("NAME", written)
    with pytest.raises(SettingWrong, match=r"^NAME is not a mailbox\. Write console:"):
        env.mailbox("NAME", "console:")


@pytest.mark.parametrize(
    ("url", "host", "origin"),
    [
        ("http://127.0.0.1:8000", "localhost", "http://localhost:8000"),
        ("https://sv.example", "sv.example", "https://sv.example"),
        ("https://sv.example:8443/app", "sv.example", "https://sv.example:8443"),
    ],
)
def test_a_passkeys_domain_and_origin_are_those_of_the_address(url: str, host: str, origin: str) -> None:
    assert (env.host_of(url), env.origin_of(url)) == (host, origin)
