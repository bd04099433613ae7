"""The bodies of Feishu's messages: texts and interactive cards, cut to what it takes.

Foreign text is only ever `plain_text`, never `lark_md`: names need no escaping and ring nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bots import blocks as notice_parts
from bots.blocks import Block
from bots.gateways.courier import and_more

MAX_BODY = 20_000  # bytes of UTF-8; Feishu says 20 KB
MAX_TITLE = 600
# What every message ends with: a tenant whose bot asks for a keyword enters this one.
KEYWORD = "Botharbor"
MENTION = re.compile(r"<(?=/?at\b)", re.IGNORECASE)

Json = dict[str, Any]
# a body whose content takes about so many bytes
Build = Callable[[int], Json]


@dataclass(frozen=True, slots=True)
class Card:
    """A message with a coloured head; `link` is the label and address of a button.

    Colours are those of bots/blocks.py, blue for any other. A custom bot has no callbacks: buttons
    can only open addresses. `left_out` is how many blocks there were besides.
    """

    title: str
    lines: tuple[str, ...]
    colour: str = "blue"
    link: tuple[str, str] | None = None
    blocks: tuple[Block, ...] = ()
    left_out: int = 0

    def as_text(self) -> str:
        """Return the same as plain text, addresses written out."""
        said = (
            "\n".join((self.title, *self.lines, *(self.link or ())[1:])),
            notice_parts.plain(self.blocks),
            and_more(self.left_out),
        )
        return "\n\n".join(part for part in said if part)


def fitting(build: Build, signed: Mapping[str, str]) -> bytes:
    """Return the body, cut until it fits; JSON may double what quotes and lines take."""
    limit = MAX_BODY - 2_000
    while True:
        body = _dumped({**signed, **build(limit)})
        if len(body) <= MAX_BODY:
            return body
        limit = limit * 3 // 4


def _dumped(value: Json) -> bytes:
    # not as \uXXXX: Chinese would take twice the room
    return json.dumps(value, ensure_ascii=False).encode()


def cut(text: str, limit: int) -> str:
    """Return a text of at most `limit` bytes."""
    data = text.encode()
    if len(data) <= limit:
        return text
    return data[: max(limit - 3, 0)].decode(errors="ignore") + "…"


def text_body(text: str, limit: int) -> Json:
    """Return a plain text; it cannot mention anybody."""
    # somebody's name must not ring everybody in the group
    harmless = MENTION.sub("‹", cut(text, limit))
    return {"msg_type": "text", "content": {"text": f"{harmless}\n{KEYWORD}"}}


def card_body(card: Card, limit: int) -> Json:
    """Return a card; blocks there is no room for are left out from the end, and counted."""
    elements: list[Json] = []
    if text := cut("\n".join(card.lines), limit).strip():
        elements.append({"tag": "div", "text": _plain(text)})
    if card.link is not None:
        elements.append(_actions((card.link,)))
    shown, missing = _shown(card.blocks, limit - _size(elements))
    for number, part in enumerate(shown):
        if number or elements:
            elements.append({"tag": "hr"})
        elements += part
    more = and_more(card.left_out + missing)
    notes = [_plain(note) for note in (more, KEYWORD) if note]
    elements.append({"tag": "note", "elements": notes})
    colour = card.colour if card.colour in notice_parts.COLOURS else "blue"
    return {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {"template": colour, "title": _plain(cut(card.title, MAX_TITLE))},
            "elements": elements,
        },
    }


def _shown(blocks: tuple[Block, ...], room: int) -> tuple[list[list[Json]], int]:
    """Return the elements of the blocks that fit, and how many did not."""
    shown: list[list[Json]] = []
    for number, block in enumerate(blocks):
        # only the first one is shortened: of the others nothing is shown rather than half
        for variant in _variants(block) if number == 0 else (block,):
            part = _elements(variant)
            if _size(part) <= room:
                break
        else:
            return shown, len(blocks) - number
        room -= _size(part)
        shown.append(part)
    return shown, 0


def _variants(block: Block) -> tuple[Block, ...]:
    """Return a block with less and less of it."""
    short = replace(block, text="")
    return block, short, replace(short, facts=short.facts[:4]), replace(short, facts=(), links=())


def _size(elements: list[Json]) -> int:
    return sum(len(_dumped(element)) + 20 for element in elements)


def _elements(block: Block) -> list[Json]:
    # Feishu takes no empty text
    elements: list[Json] = [{"tag": "div", "text": _plain(block.title)}] if block.title else []
    if block.facts:
        fields = [
            {"is_short": True, "text": _plain(f"{label}\n{value}")} for label, value in block.facts
        ]
        elements.append({"tag": "div", "fields": fields})
    if block.text:
        elements.append({"tag": "div", "text": _plain(block.text)})
    if block.links:
        elements.append(_actions(block.links))
    return elements


def _actions(links: tuple[tuple[str, str], ...]) -> Json:
    buttons = [
        {
            "tag": "button",
            "type": "default" if number else "primary",
            "text": _plain(label or url),
            "url": url,
        }
        for number, (label, url) in enumerate(links)
    ]
    return {"tag": "action", "actions": buttons}


def _plain(content: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": content}
