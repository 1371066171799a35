"""Settings: they need no database to be read, a wrong one stops the start, and what they guard stays guarded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import get_password_validators
from django.core.management import call_command

from socialvideo import settings as real

ROOT = Path(__file__).resolve().parent.parent.parent
HTTPS = {"PUBLIC_URL": "https://sv.example", "STREAM_URL": "https://s.sv.example", "ALLOWED_HOSTS": "sv.example"}


def python(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a fresh process with this environment and a state folder of its own."""
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    clean |= {"VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "socialvideo.settings", **environment}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"ENGINE": "diffusion"}, "ENGINE is diffusion but MODEL is ''. Name the folder of a diffusers pipeline."),
        ({"ENGINE": "diffusion", "MODEL": "/nowhere"}, "MODEL is '/nowhere'"),
        ({"ENGINE": "magic"}, "ENGINE is 'magic'. Write one of: preview, diffusion."),
        ({"STORAGE": "s3"}, "STORAGE is s3 but S3_BUCKET is not set. Name the bucket."),
        ({"STORAGE": "ftp"}, "STORAGE is 'ftp'. Write one of: folder, s3."),
        ({"DEBUG": "maybe"}, "DEBUG is 'maybe'. Write 1, true or on; or 0, false or off."),
        ({"PUBLIC_URL": "sv.example"}, "PUBLIC_URL is 'sv.example'. Write an address such as http://127.0.0.1:8000."),
        ({"RATE_LIMIT_FACTOR": "0"}, "RATE_LIMIT_FACTOR is '0'. Write a whole number from 1 to 1000000."),
        ({"SESSION_DAYS": "366"}, "SESSION_DAYS is '366'. Write a whole number from 1 to 365."),
        ({"SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE names /nowhere, which is not a file."),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL is 'LOUD'. Write one of: DEBUG, INFO, WARNING, ERROR."),
    ],
    ids=lambda value: " ".join(f"{n}={v}" for n, v in value.items()) if isinstance(value, dict) else "",
)
def test_a_wrong_value_stops_the_start_and_says_how_to_mend_it(
    environment: dict[str, str], told: str, tmp_path: Path
) -> None:
    run = python(tmp_path, "-c", "import socialvideo.settings", **environment)
    assert run.returncode == 1
    assert "SettingWrong: " in run.stderr
    assert told in run.stderr


def test_settings_need_no_database_and_no_network(tmp_path: Path) -> None:
    code = (
        "import socket; socket.socket.connect = None; import socialvideo.settings as s; print(s.DATABASE_URL, s.ENGINE)"
    )
    run = python(tmp_path, "-c", code)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("postgresql://")
    assert run.stdout.endswith(" preview\n")


def test_a_start_leaves_its_secret_key_readable_by_its_owner_alone(tmp_path: Path) -> None:
    read = [python(tmp_path, "-c", "import socialvideo.settings as s; print(s.SECRET_KEY)").stdout for _ in range(2)]
    file = tmp_path / "keys" / "secret_key"
    assert read == [file.read_text() + "\n"] * 2
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_service_under_https_passes_every_check_of_djangos(tmp_path: Path) -> None:
    run = python(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **HTTPS)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "System check identified no issues (0 silenced).\n"


def test_no_proxy_is_believed_unless_it_is_named(tmp_path: Path) -> None:
    code = "import socialvideo.settings as s; print(s.REST_FRAMEWORK['NUM_PROXIES'], s.SECURE_PROXY_SSL_HEADER)"
    assert python(tmp_path, "-c", code).stdout == "0 None\n"
    run = python(tmp_path, "-c", code, **HTTPS, NUM_PROXIES="1")
    assert run.stdout == "1 ('HTTP_X_FORWARDED_PROTO', 'https')\n"


@pytest.mark.django_db
def test_no_migration_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", "--check", "--dry-run", "--skip-checks")
    assert capsys.readouterr().out == "No changes detected\n"


def test_passwords_are_hashed_by_argon2_and_weighed_against_our_own_names() -> None:
    assert real.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    similar = get_password_validators(real.AUTH_PASSWORD_VALIDATORS)[0]
    assert set(similar.user_attributes) == {"handle", "email", "display_name"}


def test_every_handler_and_engine_resolves() -> None:
    handlers = [*real.WITHDRAWAL_HANDLERS, *real.PARTING_HANDLERS, *real.PURGE_HANDLERS]
    for dotted in [*handlers, real.ENGINES["preview"]]:
        module, _, name = dotted.rpartition(".")
        __import__(module)
        assert hasattr(sys.modules[module], name)
