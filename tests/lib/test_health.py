"""Health: alive while it runs, ready while its database answers."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client


def test_a_process_that_answers_is_alive_and_asks_no_database(client: Client) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"alive\n", "text/plain")


@pytest.mark.django_db
def test_it_is_ready_when_the_database_answers(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_it_is_not_ready_while_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("connection refused at 10.0.0.1")

    monkeypatch.setattr(connection, "cursor", away)
    response = client.get("/readyz")
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert response.json()["code"] == "database_unavailable"
    assert b"10.0.0.1" not in response.content


def test_both_answer_whoever_asks_under_our_name_alone(client: Client) -> None:
    assert client.get("/livez", headers={"Host": "127.0.0.1"}).status_code == 200
    assert client.get("/livez", headers={"Host": "evil.example"}).status_code in (200, 400)
