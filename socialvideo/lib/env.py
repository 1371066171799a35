"""Typed readers of the environment. A wrong value stops the start and says how to mend it."""

import os
import re
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

TRUE, FALSE = {"1", "true", "on"}, {"0", "false", "off", ""}


class SettingWrong(Exception):
    """An environment variable has a value that cannot be used. The text says which and what to write."""


def text(name: str, default: str | None = None) -> str:
    """Return the variable, else ``default``; raise SettingWrong if there is neither."""
    value = os.environ.get(name, default)
    if value is None:
        raise SettingWrong(f"{name} is not set. Set it in the environment.")
    return value


def flag(name: str, *, default: bool) -> bool:
    """Read 1/true/on or 0/false/off; anything else is refused."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    raise SettingWrong(f"{name} is {value!r}. Write 1, true or on; or 0, false or off.")


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """Read a whole number within ``low`` and ``high``, both included."""
    value = os.environ.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 19 and low <= int(value) <= high):
        raise SettingWrong(f"{name} is {value!r}. Write a whole number from {low} to {high}.")
    return int(value)


def choice(name: str, default: str, *, among: tuple[str, ...]) -> str:
    """Read one of the words in ``among``."""
    value = os.environ.get(name, default)
    if value not in among:
        raise SettingWrong(f"{name} is {value!r}. Write one of: {', '.join(among)}.")
    return value


def address(name: str, default: str) -> str:
    """Read an address that begins with http:// or https://; a slash at its end is left out."""
    value = os.environ.get(name, default)
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise SettingWrong(f"{name} is {value!r}. Write an address such as {default}.")
    return value.rstrip("/")


def host_of(url: str) -> str:
    """Return the host of an address; ``localhost`` for this machine's number, which browsers take no passkey for."""
    host = urlsplit(url).hostname or ""
    return "localhost" if host == "127.0.0.1" else host


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as browsers name an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{host_of(url)}" + (f":{parts.port}" if parts.port else "")


def mailbox(name: str, default: str) -> dict[str, object]:
    """Read where mail goes, as Django's EMAIL settings.

    ``console:``, ``file:///folder`` or ``smtp://user:password@host:port``; ``smtp+tls://`` upgrades by STARTTLS and
    ``smtps://`` is TLS from the start.
    """
    value = os.environ.get(name, default)
    parts = urlsplit(value)
    backend = "django.core.mail.backends."
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": backend + "console.EmailBackend"}
    if parts.scheme == "file" and parts.path.startswith("/"):
        return {"EMAIL_BACKEND": backend + "filebased.EmailBackend", "EMAIL_FILE_PATH": unquote(parts.path)}
    if parts.scheme not in ("smtp", "smtp+tls", "smtps") or not parts.hostname:
        raise SettingWrong(f"{name} is not a mailbox. Write console:, file:///folder or smtp+tls://user:password@host.")
    return {
        "EMAIL_BACKEND": backend + "smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def words(name: str, default: str) -> list[str]:
    """Read a comma-separated list."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def origins(name: str) -> list[str]:
    """Read a comma-separated list of origins as browsers name them; a wildcard is refused."""
    for one in (found := words(name, "")):
        if not re.fullmatch(r"https?://[^\s/?#*]+", one):
            raise SettingWrong(f"{name} names {one!r}. Write origins such as https://app.example, without a path.")
    return found


def secret(name: str, fallback: Path) -> str:
    """Read ``NAME`` or the file that ``NAME_FILE`` names; else a random secret kept in ``fallback`` (mode 0600)."""
    if value := os.environ.get(name):
        return value
    if file := os.environ.get(f"{name}_FILE"):
        return _read(name, Path(file))
    return kept(fallback, secrets.token_urlsafe(48).encode()).decode()


def kept(file: Path, fresh: bytes) -> bytes:
    """Return what ``file`` holds; create it with ``fresh`` (mode 0600) if it is not there. Safe between processes."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_bytes(fresh)
        try:
            # A hard link fails when the name is taken, so the first of several processes wins and all read the same.
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_bytes()


def _read(name: str, file: Path) -> str:
    if not file.is_file():
        raise SettingWrong(f"{name}_FILE names {file}, which is not a file.")
    if not (value := file.read_text().strip()):
        raise SettingWrong(f"{name}_FILE names {file}, which is empty. Write the secret into it.")
    return value
