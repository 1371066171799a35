"""The page of problems: the address that every problem names, with what the code itself answers."""

import ast
from textwrap import dedent

import pytest
from django.test import Client

from socialvideo.lib import problems


def test_the_type_of_a_problem_leads_to_its_code(client: Client) -> None:
    named, anchor = client.get("/nothing").json()["type"].split("#")
    page = client.get(named)
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f'<section id="{anchor}">' in page.content.decode()


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("consent_unavailable", 403, "permission"),
        ("invalid_request", 422, "mend them and send again"),
        ("method_not_allowed", 405, 'Method "…" not allowed.'),
        ("clip_too_large", 413, "A file may be at most … bytes."),
        ("ticket_invalid", 403, "Get a fresh address"),
        ("draft_changed", 409, "Look at it again"),
    ],
)
def test_it_has_what_is_raised_anywhere_in_its_words(code: str, status: int, words: str) -> None:
    (kind,) = [kind for kind in problems.kinds() if kind.code == code]
    assert status in kind.statuses
    assert words in " ".join(kind.details)


def test_codes_are_names_and_stand_once() -> None:
    codes = [kind.code for kind in problems.kinds()]
    assert len(codes) == len(set(codes)) > 150
    assert all(code.isidentifier() and code.islower() for code in codes)


def test_words_are_followed_to_where_they_are_put_together() -> None:
    source = """
        def no(size):
            detail = f"Send at most {size} bytes."
            raise Problem(413, "too_large", detail)

        def nothing(why):
            detail = why.words
            return invalid("/name", "name_wrong", detail)

        def rejected():
            raise Rejected("damaged", "Export it again.")

        def told(error):
            return Problem(422, error.code, error.detail)
    """
    assert list(problems.found(ast.parse(dedent(source)))) == [
        ("too_large", 413, "Send at most … bytes."),
        ("name_wrong", 422, "…"),
        ("damaged", 0, "Export it again."),
    ]
