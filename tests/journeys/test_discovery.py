"""Contact discovery against the real processes: what is left of non-members, what an attacker learns, what it costs.

``PROOFS=full`` runs the sizes that are promised: 300 accounts of 300 contacts, 200 members against 200 non-members.
"""

import json
import os
import random
import secrets
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.discovery import prefixes, voprf
from tests.accounts import test_javascript as javascript
from tests.accounts.test_javascript import needs_node
from tests.journeys import traces
from tests.journeys.kolmogorov import p_value
from tests.journeys.members import Member, british
from tests.journeys.running import Running, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.proof]
FULL = os.environ.get("PROOFS") == "full"
ACCOUNTS, CONTACTS = (300, 300) if FULL else (8, 20)
PROBED, REPEATS = (200, 300) if FULL else (60, 50)
DISCOVERY = ["accounts_discoveryenrolment", "accounts_discoverytag", "accounts_contactedge", "accounts_contactmatch"]


def say(figures: str) -> None:
    """Tell the figures of a proof; pytest -s shows them."""
    sys.stdout.write(f"\n{figures}\n")


@dataclass
class Town:
    """Members who synchronised their contacts, whom they should be matched with, and everybody else's numbers."""

    members: list[Member]
    expected: dict[str, set[str]]
    strangers: list[str]
    stranger_tags: list[bytes]


@pytest.fixture(scope="module")
def town(running: Running) -> Iterator[Town]:
    """Nine contacts in ten are nobody's. Pairs 0-1, 4-5, … have each other; whoever else has somebody is one-sided."""
    members = [Member(running, number).sign_up().enrol() for number in british(ACCOUNTS)]
    strangers = british(ACCOUNTS * CONTACTS * 9 // 10)
    known = {member.number for member in members}
    strangers = [number for number in strangers if number not in known]
    share = len(strangers) // ACCOUNTS
    expected: dict[str, set[str]] = {member.handle: set() for member in members}
    for place, member in enumerate(members):
        has = random.sample(range(place), min(place, CONTACTS // 10 - 1))
        partner = place ^ 1
        if place % 4 < 2:
            expected[member.handle] = {members[partner].handle}
            has = [other for other in has if other != partner] + [partner]
        elif place % 2:
            has = [other for other in has if other != partner]
        else:
            has.append(partner)
        mine = strangers[place * share : (place + 1) * share]
        member.synchronise(mine + [members[other].number for other in has])
    stranger_tags = [tag for member in members for number, tag in member.tags.items() if number not in known]
    yield Town(members, expected, strangers, stranger_tags)


@pytest.fixture
def member(running: Running) -> Member:
    """One more member."""
    return Member(running, british(1)[0]).sign_up().enrol()


def test_every_mutual_pair_is_found_and_nobody_else(town: Town) -> None:
    def found() -> dict[str, set[str]]:
        return {member.handle: member.matches() for member in town.members}

    wait_until(lambda: found() == town.expected, 60)
    time.sleep(2)
    assert found() == town.expected
    pairs = sum(map(len, town.expected.values())) // 2
    say(f"{pairs} mutual pairs of {ACCOUNTS} members found, 0 others")


def test_nothing_that_was_written_has_a_trace_of_who_is_no_member(town: Town, running: Running) -> None:
    folder = running.house.var
    keys = traces.secrets_of(folder)
    nobody = traces.Needles(town.strangers, keys, town.stranger_tags)
    anybody = traces.Needles([member.number for member in town.members], keys)
    searched, found = 0, []
    raw = traces.raw(folder / "pg") if FULL else []
    for name, content in [*traces.dump(running.server.cluster.url()), *traces.files(folder)]:
        searched += len(content)
        found += [(name, what) for what in nobody.found(content) | anybody.found(content)]
    for name, content in raw:
        searched += len(content)
        found += [(name, what) for what in nobody.written(content) | anybody.written(content)]
    say(f"{len(town.strangers)} numbers of non-members, {len(keys)} keys, {searched:,} bytes searched, 0 traces")
    assert found == []
    assert len(keys) >= 6


def test_the_search_finds_each_trace_that_is_planted(town: Town, running: Running) -> None:
    number, tag, key = town.strangers[0], town.stranger_tags[0], traces.secrets_of(running.house.var)[0]
    needles = traces.Needles([number], [key], [tag])
    for planted in (f"x{number}x", f"+44 {number[3:7]} {number[7:]}", f"(0{number[3:7]}) {number[7:]}"):
        assert needles.found(planted.encode()), planted
    for planted in needles.hex | needles.base64 | needles.digits:
        assert needles.found(b"\t" + planted + b"\n"), planted
        assert needles.found(b'{"a":"' + planted.upper() + b'"}') or planted not in needles.hex
    table = "CREATE TABLE planted AS SELECT %s::bytea AS b"
    with psycopg.connect(running.server.cluster.url(), autocommit=True) as connection:
        connection.execute(table, [secrets.token_bytes(3) + tag])
        named = [name for name, content in traces.dump(running.server.cluster.url()) if needles.found(content)]
        connection.execute("DROP TABLE planted")
    assert named == ["public.planted"]


def known_prefixes(running: Running, count: int) -> list[int]:
    """The prefixes of so many members whom nobody has met, with tags of chance as enrolling would leave them."""
    members = [Member(running).sign_up() for _ in range(count)]
    statement = """
    WITH enrolled AS (
        INSERT INTO accounts_discoveryenrolment (id, person_id, sealed_number)
        SELECT gen_random_uuid(), id, '' FROM accounts_person WHERE handle = ANY(%s) RETURNING id),
    tagged AS (
        SELECT id, sha256(uuid_send(id)) AS tag FROM enrolled)
    INSERT INTO accounts_discoverytag (enrolment_id, epoch_id, tag, leaf, prefix, rooted)
    SELECT id, (SELECT max(number) FROM accounts_discoveryepoch), tag, sha256(tag),
        ('x' || substr(encode(tag, 'hex'), 1, 13))::bit(52)::bigint >> 2, false FROM tagged RETURNING prefix
    """
    return [int(str(row[0])) for row in running.query(statement, [member.handle for member in members])]


def test_an_attacker_learns_nothing_from_replies_or_their_time(member: Member, running: Running) -> None:
    epoch = member.newest()["epoch"]
    sets = {
        "members": prefixes.encode(known_prefixes(running, PROBED)),
        "nobody": prefixes.encode(secrets.randbelow(2**50) for _ in range(PROBED)),
    }
    found: list[float] = []
    for _ in range(3):  # an honest server fails one attempt in a hundred
        times: dict[str, list[float]] = {name: [] for name in sets}
        bodies = set()
        for name in random.sample(list(sets) * REPEATS, 2 * REPEATS):
            began = time.perf_counter()
            reply = member.put(sets[name], epoch)
            times[name].append(time.perf_counter() - began)
            bodies.add((reply.status, reply.data))
            times.setdefault(f"matches {name}", []).append(timed_matches(member))
        assert bodies == {(202, b'{"received":%d}' % PROBED)}
        replies = p_value(times["members"], times["nobody"])
        after = p_value(times["matches members"], times["matches nobody"])
        found.append(min(1.0, 2 * min(replies, after)))
        if found[-1] > 0.01:
            break
    # The look-ups were real ones: of the one set all are members, of the other nobody is.
    for name, hits in (("members", PROBED), ("nobody", 0)):
        assert member.put(sets[name], epoch).status == 202
        wait_until(lambda hits=hits: edges_of(member, running) == hits, 20)
    say(f"{PROBED} members against {PROBED} others, {REPEATS} times each: p = {found}")
    assert member.matches() == set()
    assert found[-1] > 0.01


def timed_matches(member: Member) -> float:
    """How long the list of matches takes."""
    began = time.perf_counter()
    assert member.ask("GET", "contacts/matches").json()["data"] == []
    return time.perf_counter() - began


def edges_of(member: Member, running: Running) -> int:
    """How many contacts are stored of somebody."""
    query = (
        "SELECT count(*) FROM accounts_contactedge c JOIN accounts_discoveryenrolment e ON e.id = c.owner_id"
        " JOIN accounts_person p ON p.id = e.person_id WHERE p.handle = %s"
    )
    return int(str(running.query(query, member.handle)[0][0]))


def test_fifty_at_once_do_not_overspend_by_one_and_the_2001st_is_refused(member: Member, running: Running) -> None:
    epoch = member.newest()["epoch"]
    element = voprf.blind(b"+447400123456").element
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda _: member.evaluate(element * 99, epoch), range(50)))
    assert sorted(reply.status for reply in replies) == [200] * 20 + [429] * 30
    assert {reply.json()["code"] for reply in replies if reply.status == 429} == {"budget_spent"}
    left = member.ask("GET", "contacts/enrolment").json()["evaluations_left"]
    assert left == 2000 - 20 * 99
    assert [member.evaluate(element * count, epoch).status for count in (left, 1)] == [200, 429]


def cpu_seconds(running: Running, *names: str) -> float:
    """CPU time of processes and their children so far."""
    groups = {running.popens[name].pid for name in names}
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) in groups:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="CPU time is read from /proc")
def test_a_thousand_contacts_cost_at_most_70_kilobytes_and_a_second_of_cpu(member: Member, running: Running) -> None:
    member.newest()
    before, member.bytes_sent = cpu_seconds(running, "api", "signer"), 0
    member.synchronise(british(1000))
    time.sleep(2)
    spent = cpu_seconds(running, "api", "signer") - before
    say(f"1,000 contacts: {member.bytes_sent} bytes of bodies, {spent:.2f} s of CPU in API and signer")
    assert member.bytes_sent <= 70_000
    assert spent <= (1 if FULL else 5)


def test_opting_out_leaves_no_row(town: Town, running: Running) -> None:
    leaver = town.members[0]
    assert leaver.matches()
    columns = ("owner_id", "target_id", "low_id", "high_id", "enrolment_id")
    person = running.query("SELECT id FROM accounts_person WHERE handle = %s", leaver.handle)[0][0]
    enrolment = running.query("SELECT id FROM accounts_discoveryenrolment WHERE person_id = %s", person)[0][0]
    assert leaver.ask("DELETE", "contacts/enrolment").status == 204
    for name, content in traces.dump(running.server.cluster.url()):
        if name.removeprefix("public.") in DISCOVERY:
            assert str(enrolment).encode() not in content, (name, columns)
    assert town.members[1].matches() == set()
    town.expected[leaver.handle] = town.expected[town.members[1].handle] = set()


def test_without_the_signer_nothing_is_evaluated_and_with_it_the_keys_are_the_same(
    member: Member, running: Running
) -> None:
    before, element = member.newest(), voprf.blind(b"+447400123456").element
    running.kill("signer")
    away = member.evaluate(element, before["epoch"])
    running.start("signer")
    assert (away.status, away.json()["code"]) == (503, "discovery_unavailable")
    assert member.newest() == before
    assert member.evaluate(element, before["epoch"]).status == 200
    assert member.ask("GET", "contacts/enrolment").json()["evaluations_left"] == 1999


@needs_node
def test_somebody_without_an_account_gets_a_statement_that_holds_offline(running: Running, tmp_path: Path) -> None:
    visitor = Member(running, british(1)[0])
    statement = visitor.ask("POST", "contacts/absence", json=visitor.prove("absence"))
    key = visitor.ask("GET", "contacts/keys").json()["statement_key"]
    assert statement.status == 200
    (tmp_path / "statement.json").write_bytes(statement.data)
    done = javascript.run("verify-absence.js", str(tmp_path / "statement.json"), visitor.number, key)
    assert "The statement holds" in done.stdout


@needs_node
def test_the_javascript_client_finds_whom_it_should(running: Running, member: Member) -> None:
    other, nobody = Member(running, british(1)[0]).sign_up().enrol(), british(1)[0]
    other.synchronise([member.number])

    def run(key: str) -> tuple[int, Any]:
        written = f"0{other.number[3:7]} {other.number[7:]}\n{nobody}\n{other.number}\nnot a number\n"
        address = running.house.api_url
        done = javascript.run("synchronise.js", address, member.token, key, "GB", typed=written)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    key = member.ask("GET", "contacts/keys").json()["statement_key"]
    assert run(key) == (0, {"received": 2, "matches": []})
    wait_until(lambda: member.matches() == {other.handle}, 30)
    assert run(key) == (0, {"received": 2, "matches": [other.handle]})
    status, said = run(Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex())
    assert (status, "it was not signed by the pinned key" in said) == (1, True)
