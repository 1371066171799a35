"""Sets of tags on the wire: 50-bit prefixes, sorted, as Golomb-Rice coded gaps. Pure.

A contact is looked up by the first 50 bits of its tag: exact in every language's numbers, and among a million members
one contact in a billion hits falsely, which the other side would have to do as well. Sorted gaps of 1,000 contacts cost
5.2 bytes each, where whole tags would cost 32.

Bytes: count (4, big-endian), Rice parameter (1), then for each gap to the one before (from 0, and never 0 but for the
first): the gap shifted right by the parameter in unary (that many 1 bits, then a 0), and the low bits, high bit first;
zero bits up to a whole byte. The parameter is the floor of log2 of the mean gap, 2**50 / count; 0 for none.
"""

from collections.abc import Iterable

BITS = 50
HEADER = 5


class SetWrong(ValueError):
    """Bytes that encode no set of prefixes."""


def prefix(tag: bytes) -> int:
    """Return the first 50 bits of a tag as a number."""
    return int.from_bytes(tag[:7], "big") >> (56 - BITS)


def parameter(count: int) -> int:
    """Return the Rice parameter for a set of this size: floor(log2(2**50 / count))."""
    return BITS - (count - 1).bit_length() if count else 0


def encode(members: Iterable[int]) -> bytes:
    """Return the bytes of a set."""
    ordered = sorted(set(members))
    low = parameter(len(ordered))
    bits, before = [], 0
    for member in ordered:
        gap, before = member - before, member
        bits.append("1" * (gap >> low) + "0" + (format(gap & ((1 << low) - 1), f"0{low}b") if low else ""))
    stream = "".join(bits)
    body = int(stream.ljust(-(-len(stream) // 8) * 8, "0") or "0", 2).to_bytes(-(-len(stream) // 8), "big")
    return len(ordered).to_bytes(4, "big") + bytes([low]) + body


def decode(content: bytes, *, limit: int) -> list[int]:
    """Return the set, ascending; SetWrong for bytes that ``encode`` does not make, or more than ``limit`` members."""
    count, low = int.from_bytes(content[:4], "big"), content[4] if len(content) >= HEADER else -1
    if low != parameter(count) or count > limit:
        raise SetWrong(f"a set has a count of at most {limit} and the parameter that belongs to it")
    stream = format(int.from_bytes(content[HEADER:], "big"), f"0{8 * len(content[HEADER:])}b") if count else ""
    members, place, member = [], 0, 0
    for _ in range(count):
        end = stream.find("0", place)
        rest = stream[end + 1 : end + 1 + low]
        if end < 0 or len(rest) < low:
            raise SetWrong("the set ends before its count is reached")
        member += (end - place << low) + (int(rest, 2) if low else 0)
        members.append(member)
        place = end + 1 + low
    if encode(members) != content or (members and members[-1] >> BITS):
        raise SetWrong("the set is not encoded in the one right way")
    return members
