"""The draw algorithm "fairdraw/1": pure functions, the same result for anybody who recomputes it.

The entry list is frozen and committed to (Merkle root inside a canonical record), only then the
randomness comes to be, and the selection is a function of the two. `||` below joins bytes, H is
SHA-256, MAC(k, m) is HMAC-SHA-256, integers are big-endian.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

VERSION = "fairdraw/1"
# integers in a record must survive JavaScript, weights a u32, their sum 63 bits
MAX_INTEGER = 2**53
MAX_WEIGHT = 2**32 - 1
MAX_TICKETS = 2**63
BLOCK = 2**64


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def tag(salt: bytes, user_id: int) -> bytes:
    """Return an entry's public mark: MAC(salt, "fairdraw/1/user" || decimal user id)."""
    return _mac(salt, b"fairdraw/1/user" + str(user_id).encode())


def leaf(number: int, weight: int, entry_tag: bytes) -> bytes:
    """Return the hash of entry `number` (from 0).

    Raises:
        ValueError: the weight does not fit 32 bits, or is 0.
    """
    if not 1 <= weight <= MAX_WEIGHT:
        raise ValueError(f"A weight of {weight} cannot be drawn.")
    head = b"\x00fairdraw/1/leaf" + number.to_bytes(8, "big") + weight.to_bytes(4, "big")
    return _hash(head, entry_tag)


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the Merkle root (RFC 9162) of a stream of leaves, in memory of log2 of their number.

    No leaves: H("").
    """
    stack: list[tuple[int, bytes]] = []
    for one in leaves:
        height, node = 0, one
        while stack and stack[-1][0] == height:
            node = _hash(b"\x01", stack.pop()[1], node)
            height += 1
        stack.append((height, node))
    if not stack:
        return _hash()
    node = stack.pop()[1]
    while stack:
        node = _hash(b"\x01", stack.pop()[1], node)
    return node


def proof(leaves: Sequence[bytes], number: int) -> list[tuple[str, bytes]]:
    """Return what leads from leaf `number` to the root, bottom up: the side and the hash there."""
    path, level, at = [], list(leaves), number
    while len(level) > 1:
        beside = at ^ 1
        if beside < len(level):
            path.append(("L" if beside < at else "R", level[beside]))
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [_hash(b"\x01", *pair) if len(pair) == 2 else pair[0] for pair in pairs]
        at //= 2
    return path


def canonical(record: dict[str, Any]) -> bytes:
    """Return the record's only byte form: sorted keys, no spaces, UTF-8, texts in NFC.

    Raises:
        ValueError: a key beyond ASCII, or a value that two languages could write differently.
    """
    return json.dumps(
        _normal(record), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def _normal(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_normal(one) for one in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) and key.isascii() for key in value):
            raise ValueError("A record's keys are ASCII.")
        return {key: _normal(one) for key, one in value.items()}
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= MAX_INTEGER:
        raise ValueError(f"A record cannot hold {value!r}.")
    return value


def record_hash(record: bytes) -> bytes:
    """Return H(record bytes)."""
    return _hash(record)


def rules_sha256(text: str) -> str:
    """Return the hex hash of the published rules, in NFC."""
    return _hash(unicodedata.normalize("NFC", text).encode()).hex()


def seed(hash_of_record: bytes, secret: bytes, beacon: bytes) -> bytes:
    """Return H("fairdraw/1/seed" || record hash || secret || beacon), all of 32 bytes.

    Raises:
        ValueError: one of them has another length.
    """
    if not len(hash_of_record) == len(secret) == len(beacon) == 32:
        raise ValueError("Record hash, secret and beacon have 32 bytes each.")
    return _hash(b"fairdraw/1/seed", hash_of_record, secret, beacon)


class Numbers:
    """Random integers of one draw; `counter` is the number of blocks used so far."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.counter = 0

    def below(self, limit: int) -> int:
        """Return the next integer in 0..limit-1, each as likely as the others."""
        fair = BLOCK // limit * limit
        while True:
            message = b"fairdraw/1/draw" + self.counter.to_bytes(8, "big")
            value = int.from_bytes(_mac(self.key, message)[:8], "big")
            self.counter += 1
            if value < fair:
                return value % limit


def places(key: bytes, weights: Sequence[int], wanted: int) -> list[int]:
    """Return the entries (numbers from 0) of the first `wanted` places, best first.

    Sampling without replacement, chances proportional to weight among those left. Prefix sums and
    the removed entries in order give the same result as walking the list for each place.

    Raises:
        ValueError: the weights add up to 2^63 or more.
    """
    ends = list(accumulate(weights))
    left = ends[-1] if ends else 0
    if left >= MAX_TICKETS:
        raise ValueError("Too many tickets.")
    numbers, removed, order = Numbers(key), list[tuple[int, int]](), list[int]()
    for _place in range(min(wanted, len(ends))):
        ticket = _ticket(numbers.below(left), removed)
        entry = bisect_right(ends, ticket)
        weight = weights[entry]
        order.append(entry)
        insort(removed, (ends[entry] - weight, weight))
        left -= weight
    return order


def _ticket(number: int, removed: list[tuple[int, int]]) -> int:
    """Return the ticket of the whole list that is the `number`th one of those left."""
    for start, weight in removed:
        if start > number:
            break
        number += weight
    return number


def prizes_in_order(prizes: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Expand (id, count) pairs, best tier first, to one id a place."""
    for prize_id, count in prizes:
        for _one in range(count):
            yield prize_id
