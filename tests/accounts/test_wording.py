"""What people write about themselves: one spelling, nothing unseen, and links that lead where they say."""

import pytest

from accounts import wording
from accounts.wording import Link, Unusable


def code_of(act: object, *sent: object) -> str:
    """Why something was refused."""
    assert callable(act)
    with pytest.raises(Unusable) as unusable:
        act(*sent)
    assert unusable.value.detail
    return unusable.value.code


def test_a_text_has_one_spelling_and_keeps_its_lines() -> None:
    assert wording.lines(" Ame\u0301lie\t!  \r\n\n\n\n\nfilms ", 300) == "Am\u00e9lie !\n\nfilms"
    assert wording.line(" she \u00a0 /\ther ".replace("\t", " "), 40) == "she / her"


@pytest.mark.parametrize("sign", "\u202e\u2066\u200b\u00ad\ufeff\x00\x1b\x7f\u3164\u2800\U000e0041")
def test_what_shows_nothing_or_turns_the_line_is_refused(sign: str) -> None:
    for taken in (wording.lines, wording.line):
        assert code_of(taken, f"a{sign}b", 40) == "character_refused"
    assert code_of(wording.link, f"a{sign}b", "https://example.org") == "character_refused"


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "👩\u200d👩\u200d👧",
        "\u200f\u05e2\u05d1\u05e8\u05d9\u05ea",
        "ça va — \u4f60\u597d",
        "🫨",
    ],
)
def test_the_languages_and_emoji_that_need_joiners_are_taken(text: str) -> None:
    assert wording.lines(text, 40) == text


def test_a_text_is_measured_after_it_is_composed() -> None:
    assert code_of(wording.line, "\ufb2c" * 20, 40) == "text_too_long"
    assert len(wording.line("\ufb2c" * 13, 40)) == 39


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://example.org", "https://example.org/"),
        ("HTTPS://EXAMPLE.org:443/Me?q=ä b".replace(" ", "%20"), "https://example.org/Me?q=%C3%A4%20b"),
        ("https://bücher.example/ü#k", "https://xn--bcher-kva.example/%C3%BC#k"),
        ("https://\u0430\u0440\u0440\u04cf\u0435.com", "https://xn--80ak6aa92e.com/"),
    ],
)
def test_an_address_has_one_spelling_in_ascii(url: str, stored: str) -> None:
    assert wording.link("", url).url == stored
    assert wording.link("", stored).url == stored


def test_a_link_without_a_label_is_shown_by_its_host() -> None:
    assert wording.link("", "https://www.example.org/me") == Link("example.org", "https://www.example.org/me")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://example.org",
            "javascript:alert(1)",
            "data:text/html,x",
            "//example.org",
            "example.org",
            "",
            "https://",
        ),
        *("https://user@example.org", "https://user:pass@example.org", "https://example.org:8443", "https://a:b"),
        *("https://127.0.0.1", "https://[::1]/", "https://localhost", "https://2130706433", "https://0x7f.1"),
        *("https://example.org/a b", 'https://example.org/"x', "https://example.org/<b>", "https://exam\nple.org"),
        *(
            "https://example.org\\@evil.example",
            "https://-a.example",
            "https://example..org",
            "https://example.org/\u202e",
        ),
    ],
)
def test_what_is_no_safe_address_is_refused(url: str) -> None:
    assert code_of(wording.link, "me", url) == "url_unusable"


def test_an_address_that_grows_too_long_is_refused() -> None:
    assert code_of(wording.link, "me", "https://example.org/" + "ä" * 60) == "url_too_long"


@pytest.mark.parametrize(
    "label", ["paypal.com", "my www.paypal.com page", "\u0440\u0430\u0443\u0440\u0430l.com", "PAYPAL.COM"]
)
def test_a_label_that_reads_like_another_place_is_refused(label: str) -> None:
    assert code_of(wording.link, label, "https://evil.example/paypal.com") == "label_misleads"


@pytest.mark.parametrize("label", ["example.org", "www.example.org", "shop.example.org", "My films", "v2.0", "org"])
def test_a_label_of_words_or_of_its_own_place_is_taken(label: str) -> None:
    assert wording.link(label, "https://shop.example.org") == Link(label, "https://shop.example.org/") or label == (
        "www.example.org"
    )
