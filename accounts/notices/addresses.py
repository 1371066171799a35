"""Where a push may go. Strangers name the address, so it is public and https, and the one looked up is the one used."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# What carries an IPv4 address inside could lead into our own networks by way of a gateway.
CARRIERS = tuple(
    map(ipaddress.ip_network, ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)
PORT = 443


class Unreachable(OSError):
    """The host has no address at present, or none to which we would connect."""


@dataclass(frozen=True)
class Place:
    """An endpoint's parts."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """What a VAPID token is made out to."""
        usual = PORT if self.scheme == "https" else 80
        return f"{self.scheme}://{self.host}" + ("" if self.port == usual else f":{self.port}")


def parse(endpoint: str) -> Place | None:
    """Return the parts of an address that a push may go to; None for any other.

    https on its own port, a name and no number, nobody's password. For tests PUSH_LOOPBACK lets this machine be named.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not endpoint.isascii() or any(sign <= " " for sign in endpoint) or parts.username or parts.fragment:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if settings.PUSH_LOOPBACK and host == "127.0.0.1" and port:
        return Place(parts.scheme, host, port, path)
    if parts.scheme != "https" or port not in (None, PORT) or not _is_name(host):
        return None
    return Place("https", host, PORT, path)


def resolve(place: Place) -> str:
    """Return the number to connect to, to be used without asking again. Unreachable if any that it has is not public.

    A name that has a public address and one of ours would be a way in by trying twice.
    """
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{place.host} is not known") from error
    numbers = [str(address[4][0]) for address in found]
    if not numbers or not all(map(is_reachable, numbers)):
        raise Unreachable(f"{place.host} is not public")
    return numbers[0]


def is_reachable(number: str) -> bool:
    """Tell whether an address is one of the public internet's; for tests also this machine's."""
    try:
        address = ipaddress.ip_address(number)
    except ValueError:
        return False
    if settings.PUSH_LOOPBACK and address.is_loopback:
        return True
    carries = any(address.version == network.version and address in network for network in CARRIERS)
    return address.is_global and not address.is_multicast and not carries


def _is_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        # "127.1", "0x7f000001" and "2130706433" are numbers to a resolver; a last label of a name has a letter first.
        last = host.rstrip(".").rpartition(".")[2]
        return "." in host.rstrip(".") and last[:1].isalpha()
    return False
