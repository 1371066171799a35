"""Push: what a browser reads, where a push may go, and what becomes of one whatever its service answers."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.db.models.functions import Now

from accounts import auth, notices
from accounts.models import Person, PushDelivery, PushSubscription, Session
from accounts.notices import addresses, choices, deliveries, encryption, inbox, senders, subscriptions, vapid
from accounts.notices.choices import Wish
from accounts.notices.kinds import Channel
from socialvideo.lib import queue
from socialvideo.lib.errors import Problem
from tests import factories
from tests.accounts.noticing import Browser, PushService, b64, serving, shown, subscribed, together, told, unb64

Kind = notices.Kind
# RFC 8291, section 5 and appendix A.
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    """A push service on this machine, and a product that pushes to it."""
    settings.PUSH_LOOPBACK, settings.PUSH_SENDER = True, "accounts.notices.senders.web"
    with serving() as running:
        yield running


@pytest.fixture
def browser(db: None, requester: Person, service: PushService) -> Browser:
    """The requester's browser, subscribed."""
    made = Browser()
    subscribed(requester, made, service.url)
    return made


def pushed(person: Person, actor: Person | None, kind: notices.Kind = Kind.FOLLOWED) -> PushDelivery:
    """Tell somebody, spread it and try to push it; what became of that."""
    told(person, actor, kind)
    deliveries.spread()
    row = PushDelivery.objects.latest("id")
    deliveries.push(row.id)
    return PushDelivery.objects.filter(id=row.id).first() or row


def test_the_example_of_rfc_8291_comes_out_byte_for_byte() -> None:
    own = ec.derive_private_key(int.from_bytes(unb64(OURS)), ec.SECP256R1())
    plain = b"When I grow up, I want to be a watermelon" + encryption.LAST
    made = encryption.seal(plain, unb64(THEIRS), unb64(SECRET), own=own, salt=unb64(SALT))
    assert b64(made) == BODY


def test_only_the_browser_reads_it_and_its_length_says_nothing() -> None:
    browser, other = Browser(), Browser()
    bodies = [
        encryption.encrypt(plain, public_key=browser.public, secret=browser.secret) for plain in (b"a", b"b" * 99)
    ]
    assert [browser.decrypt(body) for body in bodies] == [b"a", b"b" * 99]
    assert len(bodies[0]) == len(bodies[1])
    assert bodies[0][:86] != encryption.encrypt(b"a", public_key=browser.public, secret=browser.secret)[:86]
    with pytest.raises(InvalidTag):
        other.decrypt(bodies[0])


@pytest.mark.parametrize("raw", [b"", b"\4" + bytes(64), b"\2" + bytes(32), bytes(65)], ids=repr)
def test_a_key_that_is_no_point_is_refused(raw: bytes) -> None:
    with pytest.raises(encryption.KeyWrong):
        encryption.read_point(raw)


def test_a_push_service_can_check_who_we_are() -> None:
    header = vapid.authorization("https://push.example.org")
    token, key = header.removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    raw = unb64(signature)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key))
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    said = orjson.loads(unb64(claims))
    assert orjson.loads(unb64(head)) == {"typ": "JWT", "alg": "ES256"}
    assert said["aud"] == "https://push.example.org"
    assert time.time() < said["exp"] <= time.time() + 86_400
    assert (len(raw), key) == (64, vapid.public_key())


@pytest.mark.parametrize(
    "endpoint",
    [
        *("http://push.example.org/x", "https://push.example.org:8443/x", "https://me:pw@push.example.org/x"),
        *("https://127.0.0.1/x", "https://[::1]/x", "https://2130706433/", "https://0x7f.1/", "https://localhost/x"),
        *(
            "ftp://push.example.org",
            "//push.example.org",
            "https://",
            "https://push.example.org/\r\nX: y",
            "https://a b.org",
        ),
        *(
            "https://push.example.org:x/",
            "https://[::1",
            "https://push.exämple.org/",
            "https://push.example.org/#x",
            "x",
        ),
        *("https://10.0.0.1.", "https://127.1", "http://127.0.0.1:80/"),
    ],
)
def test_an_address_that_no_push_service_has_is_none(endpoint: str) -> None:
    assert addresses.parse(endpoint) is None


def test_an_address_of_a_push_service_is_taken_apart() -> None:
    place = addresses.parse("https://fcm.googleapis.com/fcm/send/abc?x=1")
    assert place == addresses.Place("https", "fcm.googleapis.com", 443, "/fcm/send/abc?x=1")
    assert place.origin == "https://fcm.googleapis.com"


@pytest.mark.parametrize(
    "number",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
        ),
        *("255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "fe80::1%eth0", "192.0.2.1", "nonsense"),
    ],
)
def test_no_push_goes_to_an_address_that_is_not_public(number: str) -> None:
    assert not addresses.is_reachable(number)


def test_pushes_go_to_public_addresses() -> None:
    assert all(map(addresses.is_reachable, ("8.8.8.8", "142.250.1.1", "2a00:1450:4001::1")))


@pytest.mark.parametrize("numbers", [["8.8.8.8", "127.0.0.1"], ["10.0.0.1"], []], ids=repr)
def test_a_name_with_any_address_of_ours_is_not_connected_to(numbers: list[str], monkeypatch: Any) -> None:
    place = addresses.Place("https", "rebind.example.org", 443, "/")
    found = [(2, 1, 6, "", (number, 443)) for number in numbers]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: found)
    connected: list[Any] = []
    monkeypatch.setattr(senders, "create_connection", lambda *args, **_: connected.append(args))
    with pytest.raises(addresses.Unreachable):
        addresses.resolve(place)
    push = senders.Push("https://rebind.example.org/", Browser().public, bytes(16), b"{}", "t")
    assert (senders.web(push).outcome, connected) == (senders.Outcome.LATER, [])


def test_the_address_that_was_judged_is_the_one_connected_to(monkeypatch: Any) -> None:
    answers = iter([[(2, 1, 6, "", ("8.8.8.8", 443))], [(2, 1, 6, "", ("127.0.0.1", 443))]])
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: next(answers))
    connected: list[Any] = []

    def connect(where: Any, **_: Any) -> None:
        connected.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(senders, "create_connection", connect)
    senders.web(senders.Push("https://rebind.example.org/", Browser().public, bytes(16), b"{}", "t"))
    assert connected == [("8.8.8.8", 443)]


def test_the_browser_is_told_which_notice_and_no_name(
    browser: Browser, service: PushService, requester: Person, stranger: Person
) -> None:
    assert pushed(requester, stranger).state == "sent"
    (notice,) = shown(requester)
    (request,) = service.received
    assert service.says(browser) == [{"id": str(notice["id"]), "kind": "followed", "text": "You have a new follower."}]
    assert stranger.handle.encode() not in browser.decrypt(request.body)
    assert request.headers["Content-Encoding"] == "aes128gcm"
    assert (len(request.headers["Topic"]), request.headers["TTL"]) == (22, "86400")
    assert request.headers["Authorization"].startswith("vapid t=")


def test_a_push_goes_out_once_however_often_its_task_runs(
    browser: Browser, service: PushService, requester: Person, stranger: Person
) -> None:
    row = pushed(requester, stranger)
    assert deliveries.push(row.id) is False
    assert (deliveries.spread(), deliveries.push_due(), len(service.received)) == (0, 0, 1)


def test_what_grows_unread_is_pushed_once_and_what_was_read_and_grows_again(
    browser: Browser, service: PushService, requester: Person
) -> None:
    def another() -> int:
        told(requester, factories.person())
        deliveries.spread()
        deliveries.push_due()
        return len(service.received)

    assert [another(), another()] == [1, 1]
    inbox.read_up_to(person=requester, position=shown(requester)[0]["position"])
    assert another() == 2


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(
    status: int, browser: Browser, service: PushService, requester: Person, stranger: Person
) -> None:
    service.status = status
    pushed(requester, stranger)
    assert (PushSubscription.objects.count(), PushDelivery.objects.count()) == (0, 0)
    assert len(shown(requester)) == 1


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [(429, "120", 120), (503, "999999", 3600), (500, "", 30), (429, "soon", 30), (503, "0", 30)],
)
def test_a_push_that_must_wait_is_sent_again_later(
    status: int,
    retry_after: str,
    seconds: int,
    browser: Browser,
    service: PushService,
    requester: Person,
    stranger: Person,
) -> None:
    service.status, service.headers = status, {"Retry-After": retry_after} if retry_after else {}
    row = pushed(requester, stranger)
    assert (row.state, row.attempts, row.lease_until) == ("due", 1, None)
    assert seconds - 2 < (row.due_at - row.created_at).total_seconds() < seconds + 9
    assert deliveries.push_due() == 0
    service.status = 201
    PushDelivery.objects.update(due_at=Now())
    assert (deliveries.push_due(), len(service.received)) == (1, 2)


def test_a_browser_whose_service_fails_is_left_alone_with_all_that_waits_for_it(
    browser: Browser, service: PushService, requester: Person, stranger: Person
) -> None:
    service.status = 503
    pushed(requester, stranger)
    told(requester, None, Kind.JOB_FAILED)
    assert (deliveries.spread(), deliveries.push_due(), len(service.received)) == (1, 0, 1)
    assert PushSubscription.objects.get().failures == 1
    service.status = 201
    PushDelivery.objects.update(due_at=Now())
    assert (deliveries.push_due(), PushSubscription.objects.get().failures) == (2, 0)


def test_a_browser_whose_service_fails_for_a_day_is_given_up(
    browser: Browser, service: PushService, requester: Person, stranger: Person
) -> None:
    service.status = 503
    PushSubscription.objects.update(failures=29)
    pushed(requester, stranger)
    assert PushSubscription.objects.count() == 0


def test_after_six_tries_it_is_dropped(
    browser: Browser, service: PushService, requester: Person, stranger: Person
) -> None:
    service.status = 503
    row = pushed(requester, stranger)
    for _ in range(9):
        PushDelivery.objects.update(due_at=Now())
        deliveries.push(row.id)
    row.refresh_from_db()
    assert (row.state, row.attempts, len(service.received)) == ("dropped", 6, 6)


@pytest.mark.parametrize("status", [400, 403, 413, 302])
def test_what_is_refused_is_not_sent_again_and_no_redirect_is_followed(
    status: int, browser: Browser, service: PushService, requester: Person, stranger: Person
) -> None:
    service.status, service.headers = status, {"Location": service.url + "/elsewhere"}
    assert pushed(requester, stranger).state == "dropped"
    assert [request.path for request in service.received] == ["/push/secret"]
    assert PushSubscription.objects.count() == 1


def test_a_service_that_hangs_holds_a_worker_no_longer_than_its_time(
    browser: Browser, service: PushService, requester: Person, stranger: Person, monkeypatch: Any
) -> None:
    monkeypatch.setattr(senders, "WAIT_S", 30)
    monkeypatch.setattr(senders, "ALL_S", 0.2)
    service.hangs.clear()
    began = time.monotonic()
    row = pushed(requester, stranger)
    assert time.monotonic() - began < 10
    assert (row.state, row.attempts) == ("due", 1)


def test_a_service_that_is_not_there_loses_nothing(
    browser: Browser, service: PushService, requester: Person, stranger: Person
) -> None:
    PushSubscription.objects.update(endpoint="http://127.0.0.1:9/push")
    assert pushed(requester, stranger).state == "due"


def drop(what: str, requester: Person, stranger: Person) -> None:
    """Something that happens between telling and pushing."""
    if what == "read":
        inbox.read_up_to(person=requester, position=shown(requester)[0]["position"])
    elif what == "removed":
        inbox.remove(person=requester, notice_id=shown(requester)[0]["id"])
    elif what == "suspended actor":
        Person.objects.filter(id=stranger.id).update(suspended_until=Now() + timedelta(days=1))
    elif what == "signed out":
        Session.objects.filter(person=requester).update(ended_at=Now())
    elif what == "silenced":
        choices.edit(person=requester, choices=[Wish(Kind.FOLLOWED, Channel.PUSH, False)])


@pytest.mark.parametrize("what", ["read", "removed", "suspended actor", "signed out", "silenced"])
def test_what_is_over_before_it_is_pushed_is_not_pushed(
    what: str, browser: Browser, service: PushService, requester: Person, stranger: Person
) -> None:
    told(requester, stranger)
    deliveries.spread()
    drop(what, requester, stranger)
    assert deliveries.push_due() == 0
    assert (service.received, PushDelivery.objects.get().state) == ([], "dropped")


@pytest.mark.parametrize("what", ["read", "removed", "suspended actor", "signed out", "silenced"])
def test_what_is_over_before_it_is_spread_is_not_spread(
    what: str, browser: Browser, service: PushService, requester: Person, stranger: Person
) -> None:
    told(requester, stranger)
    drop(what, requester, stranger)
    deliveries.spread()
    assert PushDelivery.objects.count() == 0


def quiet(person: Person, monkeypatch: Any, clock: str) -> None:
    """Let it be this time of 1 July, UTC, for the quiet hours of somebody in Berlin, two hours on."""
    choices.edit(person=person, quiet_hours=True, time_zone="Europe/Berlin")
    now = datetime.fromisoformat(f"2026-07-01T{clock}").replace(tzinfo=UTC)
    monkeypatch.setattr(deliveries, "database_now", lambda: now)


def test_in_quiet_hours_a_push_waits_for_their_end(
    browser: Browser, service: PushService, requester: Person, stranger: Person, monkeypatch: Any
) -> None:
    quiet(requester, monkeypatch, "21:00")
    row = pushed(requester, stranger)
    assert (row.state, row.attempts, row.due_at) == ("due", 0, datetime(2026, 7, 2, 5, tzinfo=UTC))
    assert service.received == []
    quiet(requester, monkeypatch, "05:00")
    PushDelivery.objects.update(due_at=Now())
    assert deliveries.push_due() == 1


def test_a_log_in_waits_for_no_quiet_hours(
    browser: Browser, service: PushService, requester: Person, monkeypatch: Any
) -> None:
    quiet(requester, monkeypatch, "21:00")
    assert pushed(requester, None, Kind.SIGNED_IN).state == "sent"


def test_a_session_has_one_browser_and_a_browser_one_person(db: None, requester: Person, stranger: Person) -> None:
    _, session = auth.begin(person=requester, device="one")
    for name in ("a", "b"):
        subscriptions.subscribe(session=session, endpoint=f"https://push.example.org/{name}", **Browser().keys)
    assert [row.endpoint[-1] for row in subscriptions.of_person(requester)] == ["b"]
    subscribed(stranger, Browser(), "https://push.example.org/b")
    assert (subscriptions.of_person(requester).count(), subscriptions.of_person(stranger).count()) == (0, 1)


def test_a_person_has_ten_at_most_and_the_oldest_give_way(db: None, requester: Person) -> None:
    for number in range(12):
        subscribed(requester, Browser(), f"https://push.example.org/{number}")
    left = subscriptions.of_person(requester).order_by("id").values_list("endpoint", flat=True)
    assert [endpoint.rpartition("/")[2] for endpoint in left] == [str(number) for number in range(2, 12)]


def test_a_subscription_ends_with_its_session_and_is_swept_when_that_runs_out(db: None, requester: Person) -> None:
    subscribed(requester, Browser(), "https://push.example.org/a")
    auth.log_out_everywhere(person=requester)
    assert PushSubscription.objects.count() == 0
    subscribed(requester, Browser(), "https://push.example.org/b")
    Session.objects.update(created_at=Now() - timedelta(days=2), expires_at=Now() - timedelta(days=1))
    assert (subscriptions.of_person(requester).count(), PushSubscription.objects.count()) == (0, 1)
    assert (subscriptions.forget_ended(), PushSubscription.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"endpoint": "https://10.0.0.1/"}, "endpoint_unusable"),
        ({"p256dh": "x"}, "key_unusable"),
        ({"p256dh": b64(b"\4" + bytes(64))}, "key_unusable"),
        ({"auth": b64(bytes(15))}, "key_unusable"),
        ({"auth": "ä"}, "key_unusable"),
    ],
)
def test_a_subscription_that_cannot_be_used_is_refused(
    change: dict[str, str], code: str, db: None, requester: Person
) -> None:
    _, session = auth.begin(person=requester, device="one")
    sent = {"endpoint": "https://push.example.org/a", **Browser().keys, **change}
    with pytest.raises(Problem) as problem:
        subscriptions.subscribe(session=session, **sent)
    assert problem.value.code == code
    assert PushSubscription.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "subscribes", "wakes"), [(Kind.FOLLOWED, False, 0), (Kind.FOLLOWED, True, 1), (Kind.SIGNED_IN, False, 1)]
)
def test_a_worker_is_woken_only_where_there_is_something_to_bring(
    kind: notices.Kind, subscribes: bool, wakes: int, requester: Person, stranger: Person, monkeypatch: Any
) -> None:
    if subscribes:
        subscribed(requester, Browser(), "https://push.example.org/x")
    woken: list[str] = []
    monkeypatch.setattr(queue, "wake", woken.append)
    told(requester, stranger, kind)
    assert len(woken) == wakes


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_push_send_it_once(settings: Any, requester: Person, stranger: Person) -> None:
    settings.PUSH_LOOPBACK, settings.PUSH_SENDER = True, "accounts.notices.senders.web"
    with serving() as service:
        subscribed(requester, Browser(), service.url)
        told(requester, stranger)
        ran = together(deliveries.spread, deliveries.spread)
        assert (sum(ran), PushDelivery.objects.count()) == (1, 1)
        row = PushDelivery.objects.get()
        service.hangs.clear()
        threading.Timer(0.3, service.hangs.set).start()
        went_out = together(lambda: deliveries.push(row.id), lambda: deliveries.push(row.id))
        assert (sorted(went_out), len(service.received)) == ([False, True], 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_killed_is_taken_over_once_its_lease_ends(
    settings: Any, requester: Person, stranger: Person
) -> None:
    settings.PUSH_LOOPBACK, settings.PUSH_SENDER = True, "accounts.notices.senders.web"
    with serving() as service:
        subscribed(requester, Browser(), service.url)
        told(requester, stranger)
        deliveries.spread()
        PushDelivery.objects.update(attempts=1, lease_until=Now() + timedelta(seconds=60))
        assert (deliveries.push_due(), service.received) == (0, [])
        PushDelivery.objects.update(lease_until=Now() - timedelta(seconds=1))
        assert (deliveries.push_due(), len(service.received)) == (1, 1)
