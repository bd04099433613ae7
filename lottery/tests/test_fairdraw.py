"""The published vectors of fairdraw/1: if one of these fails, old draws cannot be verified."""

import hashlib
import random

import pytest

from lottery.services import fairdraw

USERS = [500100200, 500100201, 6100000007, 6100000008, 777000123, 7012345678, 81]
WEIGHTS = [1, 3, 1, 2, 1, 5, 1]
SECRET = hashlib.sha256(b"example server secret").digest()
BEACON = bytes.fromhex("fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587")
SEED = bytes.fromhex("e62f511dbfe7fa64de4e60a7fc66cddf5a83ab1e1db7a46edfa656736a1a8e7b")
RECORD = {
    "v": "fairdraw/1",
    "tenant": "t-42",
    "draw": "d-0001",
    "seq": 7,
    "entries": 7,
    "tickets": 14,
    "reserves": 2,
    "frozen_at": 1694775483,
    "root": "40ecadf4ee3f2aa830b1aecba526281ac2b44b05d3f640f0c9f16dd252ea67a1",
    "rules_sha256": "a011fa4ff72dc4e5078e6f992a240b21e18091534223f55148564c3e3d742f75",
    "secret_sha256": "a5a6e36f5e0512a229e36a987091e8e73addbd3b68f7fc3e83d8be342e9e46d6",
    "beacon": {
        "kind": "drand",
        "chain": "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
        "round": 657413,
    },
    "prizes": [
        {"tier": 1, "name": "iPhone 手機", "count": 1},
        {"tier": 2, "name": "NT$500 券", "count": 2},
    ],
}
RECORD_HASH = "1f2a8cb840c0dd5f2be9e67901e5f600a852c1f3ef9c743435c6f4ca9dc0cb7b"


def salt(number: int) -> bytes:
    return hashlib.sha256(b"salt-" + str(number).encode()).digest()[:16]


def leaves() -> list[bytes]:
    tags = [fairdraw.tag(salt(i), user) for i, user in enumerate(USERS)]
    return [fairdraw.leaf(i, WEIGHTS[i], tag) for i, tag in enumerate(tags)]


def test_tag() -> None:
    assert salt(0).hex() == "f1726c91b8c845da8bbf8e22abc7ee89"
    assert (
        fairdraw.tag(salt(0), USERS[0]).hex()
        == "a45c6d96af2a79f8e54afa26dc0580632bb64f8736589578425ae55b44192d2a"
    )


def test_leaves() -> None:
    first, *_, last = leaves()
    assert first.hex() == "38bb66c70c17b4b3d386b4312bf232e30c8f464169f640cfa15498841747e99d"
    assert last.hex() == "f9363bbf43968e79a3dcb46802bb02e137fd7a935b918a38734b5c0efac947fa"


def test_root() -> None:
    assert fairdraw.root(leaves()).hex() == RECORD["root"]


def test_root_of_nothing() -> None:
    assert fairdraw.root([]) == hashlib.sha256(b"").digest()


def test_proof() -> None:
    path = fairdraw.proof(leaves(), 5)
    assert [(side, node.hex()) for side, node in path] == [
        ("L", "2f83208addae08963885346a2ecc2514119ab6dad32e0bfd45161c4b9c0329b8"),
        ("R", "f9363bbf43968e79a3dcb46802bb02e137fd7a935b918a38734b5c0efac947fa"),
        ("L", "9aafd975d548d9e1669765584813f20448887d59bc6498413f986fdf72bc3031"),
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 64, 100])
def test_every_proof_leads_to_the_root(count: int) -> None:
    all_leaves = [fairdraw.leaf(i, 1, bytes(32)) for i in range(count)]
    for number, node in enumerate(all_leaves):
        for side, beside in fairdraw.proof(all_leaves, number):
            pair = beside + node if side == "L" else node + beside
            node = hashlib.sha256(b"\x01" + pair).digest()
        assert node == fairdraw.root(all_leaves)


def test_record_bytes_and_hash() -> None:
    record = fairdraw.canonical(RECORD)
    assert len(record) == 570
    assert record.startswith(b'{"beacon":{"chain":"52db')
    assert '"name":"iPhone 手機","tier":1}'.encode() in record
    assert fairdraw.record_hash(record).hex() == RECORD_HASH
    assert fairdraw.rules_sha256("rules text") == RECORD["rules_sha256"]
    assert hashlib.sha256(SECRET).hexdigest() == RECORD["secret_sha256"]


def test_record_texts_are_in_one_form() -> None:
    assert fairdraw.canonical({"a": "e\u0301"}) == fairdraw.canonical({"a": "\u00e9"})


@pytest.mark.parametrize("value", [1.5, None, True, 2**53, b"x", {"ключ": 1}])
def test_record_refuses_what_two_languages_write_differently(value: object) -> None:
    with pytest.raises(ValueError, match="record"):
        fairdraw.canonical({"a": value})


def test_seed() -> None:
    assert fairdraw.seed(bytes.fromhex(RECORD_HASH), SECRET, BEACON) == SEED


def test_draw() -> None:
    assert fairdraw.places(SEED, WEIGHTS, 5) == [5, 4, 0, 6, 1]
    assert fairdraw.places(SEED, WEIGHTS, 99) == [5, 4, 0, 6, 1, 3, 2]


def test_random_integers_of_the_example() -> None:
    numbers = fairdraw.Numbers(SEED)
    assert [numbers.below(left) for left in (14, 9, 8, 7, 6)] == [10, 7, 0, 6, 2]


def test_rejection() -> None:
    numbers = fairdraw.Numbers(SEED)
    drawn = [(numbers.below(2**63 + 1), numbers.counter) for _ in range(4)]
    assert drawn == [
        (5932625939027857859, 4),
        (3837326702782264701, 8),
        (4954387969150326117, 9),
        (424559285540151582, 11),
    ]


def test_a_million_entries() -> None:
    drawn = fairdraw.places(SEED, [1] * 1_000_000, 5)
    assert drawn == [688272, 201616, 15110, 68737, 766662]


def test_without_a_secret() -> None:
    record = fairdraw.canonical({**RECORD, "secret_sha256": ""})
    hashed = fairdraw.record_hash(record)
    assert hashed.hex() == "14b9c3ba4696e9810bde0ef3dea6d50da682da544af9899452b29974034880aa"
    seed = fairdraw.seed(hashed, bytes(32), BEACON)
    assert seed.hex() == "a63688ccd0e098706f72dfa00c6e061a66b4adaa3e969eb4dde98e77853c78ce"
    assert fairdraw.places(seed, WEIGHTS, 5) == [4, 3, 1, 6, 5]


def naive(key: bytes, weights: list[int], wanted: int) -> list[int]:
    """The ten lines of the specification, step 8."""
    numbers, left, order = fairdraw.Numbers(key), list(enumerate(weights)), []
    for _ in range(min(wanted, len(weights))):
        ticket = numbers.below(sum(weight for _, weight in left))
        for at, (entry, weight) in enumerate(left):
            if ticket < weight:
                order.append(entry)
                del left[at]
                break
            ticket -= weight
    return order


def test_the_fast_way_equals_the_walk() -> None:
    dice = random.Random(7)  # noqa: S311 - a fixed case generator
    for case in range(300):
        weights = [dice.choice([1, 1, 1, 2, 5, 100]) for _ in range(dice.randint(0, 30))]
        key = hashlib.sha256(str(case).encode()).digest()
        wanted = dice.randint(0, 35)
        assert fairdraw.places(key, weights, wanted) == naive(key, weights, wanted)


def test_first_places_are_fair() -> None:
    counts = [0] * 7
    for case in range(7000):
        counts[fairdraw.places(hashlib.sha256(b"%d" % case).digest(), [1] * 7, 1)[0]] += 1
    chi_square = sum((count - 1000) ** 2 / 1000 for count in counts)
    assert chi_square < 16.8  # 1 % limit at 6 degrees of freedom


@pytest.mark.parametrize("weight", [0, -1, 2**32])
def test_a_weight_that_cannot_be_drawn(weight: int) -> None:
    with pytest.raises(ValueError, match="weight"):
        fairdraw.leaf(0, weight, bytes(32))


def test_prizes_in_order() -> None:
    assert list(fairdraw.prizes_in_order([(7, 1), (9, 2)])) == [7, 9, 9]
