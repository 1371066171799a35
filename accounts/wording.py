"""What people write about themselves: one spelling, no character that shows nothing or turns the line, safe links.

Pure: no Django. Pronouns are free text, for no list of them is ever whole.
"""

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from accounts.rules import BLANK

BIO_LENGTH, PRONOUNS_LENGTH, LABEL_LENGTH, URL_LENGTH, MOST_LINKS = 300, 40, 40, 300, 5
# Control and format characters: among them those that turn the direction (UAX 9), by which a text reads as another.
UNSEEN = frozenset({"Cc", "Cf", "Cs"})
# The joiners of Persian and of emoji, and the marks of direction that Hebrew and Arabic are written with.
JOINING = frozenset("\u200c\u200d\u200e\u200f")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})")
NOT_IN_URL = re.compile(r'[\s<>"\\^`{|}]')
LIKE_HOST = re.compile(r"(?:[\w-]+\.)+[^\W\d_]{2,}")
# What may stand unquoted in a path or query (RFC 3986, section 3.3 and 3.4), and what was quoted already.
KEPT = "/?:@-._~!$&'()*+,;=%"


class Link(NamedTuple):
    """A link as it is stored: the label shown, and an https address in ASCII."""

    label: str
    url: str


class Unusable(ValueError):
    """A text that cannot be taken: a stable ``code``, and why in a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def lines(text: str, most: int) -> str:
    """Return ``text`` of several lines in NFC, no two empty ones in a row; raises Unusable."""
    composed = _checked(text.replace("\r\n", "\n").replace("\t", " "), breaks="\n")
    joined = "\n".join(line.rstrip() for line in composed.split("\n"))
    return _bounded(re.sub(r"\n{3,}", "\n\n", joined).strip(), most)


def line(text: str, most: int) -> str:
    """Return ``text`` of one line in NFC, with single spaces; raises Unusable."""
    return _bounded(" ".join(_checked(text, breaks="").split()), most)


def link(label: str, url: str) -> Link:
    """Return the link in its one spelling; raises Unusable. We never fetch it: what it leads to is not checked."""
    parts = _split(url)
    host = _host(parts)
    path = quote(parts.path or "/", safe=KEPT)
    address = urlunsplit(("https", host, path, quote(parts.query, safe=KEPT), quote(parts.fragment, safe=KEPT)))
    if len(address) > URL_LENGTH:
        raise Unusable("url_too_long", f"An address has at most {URL_LENGTH} characters.")
    shown = line(label, LABEL_LENGTH) or host.removeprefix("www.")[:LABEL_LENGTH]
    if _misleads(shown, host):
        raise Unusable("label_misleads", "The label reads like the address of another place. Choose other words.")
    return Link(shown, address)


def _checked(text: str, breaks: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    for sign in composed:
        unseen = unicodedata.category(sign) in UNSEEN and sign not in JOINING and sign not in breaks
        if unseen or sign in BLANK:
            raise Unusable("character_refused", f"The character U+{ord(sign):04X} shows nothing. Leave it out.")
    return composed


def _bounded(text: str, most: int) -> str:
    if len(text) > most:
        raise Unusable("text_too_long", f"At most {most} characters.")
    return text


def _split(url: str) -> SplitResult:
    if NOT_IN_URL.search(url) or any(unicodedata.category(sign)[0] == "C" for sign in url):
        raise Unusable("url_unusable", "An address has no spaces, quotes or brackets. Encode them with %.")
    try:
        parts = urlsplit(unicodedata.normalize("NFC", url))
        port = parts.port
    except ValueError as error:
        raise Unusable("url_unusable", "This is not an address.") from error
    if parts.scheme != "https" or port not in (None, 443) or "@" in parts.netloc:
        raise Unusable("url_unusable", "Send an address that begins with https://, without a name or a port in it.")
    return parts


def _host(parts: SplitResult) -> str:
    """Return the host in ASCII: one that imitates another by foreign letters is seen as what it is (xn--…)."""
    host = _ascii(parts.hostname or "")
    # The last part has letters, so that no address of numbers is one.
    if not HOST.fullmatch(host) or len(host) > 253:
        raise Unusable("url_unusable", "Send an address with the name of a host, as in https://example.org/me.")
    return host


def _ascii(host: str) -> str:
    """Return a host's name in ASCII (IDNA), "" for what is none."""
    try:
        return host.encode("idna").decode().lower().removesuffix(".")
    except UnicodeError:
        return ""


def _misleads(label: str, host: str) -> bool:
    """Tell whether a label names a host that is not the link's own."""
    named = [_ascii(found).removeprefix("www.") for found in LIKE_HOST.findall(label)]
    return any(host != name and not host.endswith(f".{name}") for name in named)
