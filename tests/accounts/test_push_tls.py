"""A push over TLS: to the number that was judged, and only to who has a certificate of the name."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from accounts.notices import addresses, senders
from accounts.notices.senders import Outcome, Push
from tests.accounts.noticing import Browser, PushService, serving

NAME = "push.example.org"


def certificate(folder: Path) -> Path:
    """A key and a certificate that it signed itself, for the name of the push service."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, SHA256())
    )
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "push.pem"
    file.write_bytes(plain + made.public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def service(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    """A push service with TLS, on this machine, which every name leads to."""
    settings.PUSH_LOOPBACK = True
    file = certificate(tmp_path)
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.load_cert_chain(file)
    with serving(here) as running:
        here_alone = lambda _, port, *__, **___: [(2, 1, 6, "", ("127.0.0.1", port))]  # noqa: E731
        monkeypatch.setattr(addresses.socket, "getaddrinfo", here_alone)
        connect, port = senders.create_connection, running.server.server_port
        monkeypatch.setattr(senders, "create_connection", lambda where, **more: connect((where[0], port), **more))
        trusting = ssl.create_default_context(cafile=file)
        monkeypatch.setattr(senders.ssl, "create_default_context", lambda: trusting)
        yield running


def push(host: str, browser: Browser) -> Outcome:
    """Push to a service of this name."""
    return senders.web(Push(f"https://{host}/x", browser.public, browser.secret, b"{}", "topic")).outcome


def test_a_push_goes_over_tls_to_the_name_that_was_asked_for(service: PushService) -> None:
    browser = Browser()
    assert push(NAME, browser) is Outcome.SENT
    (request,) = service.received
    assert (request.headers["Host"], browser.decrypt(request.body)) == (NAME, b"{}")


def test_a_certificate_of_another_name_gets_nothing(service: PushService) -> None:
    assert push("other.example.org", Browser()) is Outcome.LATER
    assert service.received == []


def test_over_tls_too_a_service_that_hangs_is_hung_up_on(service: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "WAIT_S", 30)
    monkeypatch.setattr(senders, "ALL_S", 0.3)
    service.hangs.clear()
    began = datetime.now(UTC)
    assert (push(NAME, Browser()), len(service.received)) == (Outcome.LATER, 1)
    assert datetime.now(UTC) - began < timedelta(seconds=10)
