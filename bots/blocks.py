"""The content of a notice, thing by thing: each channel shows it in its own form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# The heads of Feishu's cards, of which the first four are worse news than the others.
WORST_FIRST = ("red", "carmine", "orange", "yellow")
COLOURS = (
    *WORST_FIRST,
    *("blue", "wathet", "turquoise", "green", "violet", "purple", "indigo", "grey"),
)
MAX_FACTS, MAX_LINKS = 12, 5
MAX_TITLE, MAX_LABEL, MAX_VALUE, MAX_TEXT, MAX_URL = 200, 60, 300, 2000, 2000
SCHEMES = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Block:
    """One thing in a notice: a server, an order.

    A link may be a secret (signed, it acts): blocks are kept encrypted. `data` is what programs
    read. Where notices are merged the newer of two blocks with one `key` stays; no key: the title.
    """

    title: str
    # label, value
    facts: tuple[tuple[str, str], ...] = ()
    text: str = ""
    # label, http(s) address: buttons
    links: tuple[tuple[str, str], ...] = ()
    key: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def stored(block: Block) -> dict[str, Any]:
    """Return a block as JSON, lazy texts said and everything cut to what channels can show.

    A link that is no http(s) address is left out: nobody could open it.
    """
    links = [(line(label, MAX_LABEL), str(url)) for label, url in block.links]
    return {
        "title": line(block.title, MAX_TITLE),
        "facts": [[line(label, MAX_LABEL), line(value, MAX_VALUE)] for label, value in block.facts][
            :MAX_FACTS
        ],
        "text": str(block.text)[:MAX_TEXT].strip(),
        "links": [[label, url] for label, url in links if _is_address(url)][:MAX_LINKS],
        "key": str(block.key),
        "data": dict(block.data),
    }


def restored(kept: Mapping[str, Any]) -> Block:
    """Return the block that `stored` made JSON of."""
    return Block(
        title=kept["title"],
        facts=tuple((label, value) for label, value in kept["facts"]),
        text=kept["text"],
        links=tuple((label, url) for label, url in kept["links"]),
        key=kept["key"],
        data=kept["data"],
    )


def line(text: object, length: int) -> str:
    """Return a text on one line, at most `length` characters of it."""
    said = " ".join(str(text).split())
    return said if len(said) <= length else f"{said[: length - 1]}…"


def _is_address(url: str) -> bool:
    return url.startswith(SCHEMES) and len(url) <= MAX_URL and not set(url) & set(' \n\r\t"<>')


def weight(kept: Mapping[str, Any]) -> int:
    """Return about how many bytes a stored block takes in a Feishu card, its widest form."""
    said = [kept["title"], kept["text"], *(part for fact in kept["facts"] for part in fact)]
    said += [part for link in kept["links"] for part in link]
    wrapping = 130 + 75 * len(kept["facts"]) + 110 * len(kept["links"])
    return wrapping + sum(len(text.encode()) for text in said)


def worse(one: str, other: str) -> str:
    """Return the colour that speaks of the worse news; `other` where neither is bad news."""
    rank = {colour: number for number, colour in enumerate(WORST_FIRST)}
    return min((other, one), key=lambda colour: rank.get(colour, len(rank)))


def plain(blocks: Iterable[Block]) -> str:
    """Return blocks as readable plain text, an empty line between them."""
    return "\n\n".join("\n".join(_lines(block)) for block in blocks)


def _lines(block: Block) -> list[str]:
    lines = [f"■ {block.title}"]
    lines += [f"{label}: {value}" for label, value in block.facts]
    lines += [block.text] if block.text else []
    return lines + [f"{label}: {url}" for label, url in block.links]
