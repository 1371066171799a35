"""ETag and If-Match."""

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from socialvideo.lib.errors import Problem
from socialvideo.lib.etags import etag, require_match


def sent(**headers: str) -> Request:
    """A request with these headers."""
    return Request(APIRequestFactory().patch("/", headers=headers))


def test_a_validator_is_strong_and_changes_with_each_part() -> None:
    assert etag("a", 1, 2) == '"a-1-2"'
    assert len({etag("a", 1, 2), etag("a", 2, 2), etag("a", 1, 3), etag("b", 1, 2)}) == 4


@pytest.mark.parametrize("header", ['"v"', ' "v" ', '"u", "v"', '"v","u"'])
def test_the_present_version_matches(header: str) -> None:
    require_match(sent(**{"If-Match": header}), '"v"')


@pytest.mark.parametrize("header", ["", "v", '"u"', 'W/"v"', "*", '"v'])
def test_another_version_fails_the_precondition(header: str) -> None:
    with pytest.raises(Problem) as problem:
        require_match(sent(**{"If-Match": header}), '"v"')
    assert (problem.value.status_code, problem.value.code) == (412, "precondition_failed")


def test_no_version_at_all_is_a_missing_precondition() -> None:
    with pytest.raises(Problem) as problem:
        require_match(sent(), '"v"')
    assert (problem.value.status_code, problem.value.code) == (428, "precondition_required")
