"""What a Telegram chat is shown of a letter: as many messages as it takes, and few buttons."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bots.blocks import Block, line
from bots.gateways.courier import Letter, and_more
from bots.messages import Keyboard, Link, units

# Telegram takes 4096 UTF-16 units in all; the title has up to 200 characters, so up to 400 units.
ROOM = 3600
# Above this many buttons a message's links stand in its text.
MOST_BUTTONS = 8
MAX_BUTTON = 48

Part = tuple[Block, ...]


def messages(letter: Letter) -> list[tuple[SafeString, Keyboard | None]]:
    """Return the texts of a letter with their buttons, in order."""
    head = _cut(letter.text)
    pages = _pages(letter.blocks, units(head))
    texts = []
    for number, page in enumerate(pages):
        parts = [_block(block, with_links=not _keyboard(page)) for block in page]
        if number == len(pages) - 1 and letter.left_out:
            parts.append(format_html("<i>{}</i>", and_more(letter.left_out)))
        start = [format_html("{}", head)] if head and not number else []
        body = format_html_join("\n\n", "{}", ((part,) for part in [*start, *parts]))
        texts.append(format_html("<b>{}</b>\n{}", letter.title, body))
    keyboards = [_keyboard(page) for page in pages]
    url = str(letter.data.get("url", ""))
    # Telegram refuses buttons that lead to a machine's inner address
    if url.startswith("https://") and not keyboards[0]:
        keyboards[0] = [[Link(_("Open"), url)]]
    return [(text, keys or None) for text, keys in zip(texts, keyboards, strict=True)]


def _pages(blocks: Sequence[Block], taken: int) -> list[Part]:
    """Return the blocks of each message; the first has less room, for the text stands there."""
    pages: list[list[Block]] = [[]]
    room = ROOM - taken
    for block in blocks:
        size = units(_plain(block))
        if size > room and (pages[-1] or taken):
            pages.append([])
            room, taken = ROOM, 0
        pages[-1].append(block)
        room -= size
    return [tuple(page) for page in pages]


def _plain(block: Block) -> str:
    facts = "\n".join(f"{label}: {value}" for label, value in block.facts)
    links = "\n".join(label for label, _url in block.links)
    return "\n".join((block.title, facts, block.text, links, ""))


def _block(block: Block, *, with_links: bool) -> SafeString:
    lines = [format_html("<b>{}</b>", block.title)]
    lines += [format_html("{}: {}", label, value) for label, value in block.facts]
    if block.text:
        lines.append(format_html("{}", _cut(block.text, ROOM // 2)))
    if with_links and block.links:
        links = (format_html('<a href="{}">{}</a>', url, label) for label, url in block.links)
        lines.append(format_html_join(" · ", "{}", ((link,) for link in links)))
    return format_html_join("\n", "{}", ((one,) for one in lines))


def _keyboard(page: Part) -> list[list[Link]]:
    """Return a row of buttons a block, naming it where there are several; none if too many."""
    found = [(block, label, url) for block in page for label, url in block.links]
    if len(found) > MOST_BUTTONS or not all(url.startswith("https://") for _b, _l, url in found):
        return []
    several = len(page) > 1
    rows = []
    for block in page:
        row = [
            Link(line(f"{block.title}: {label}" if several else label, MAX_BUTTON), url)
            for label, url in block.links
        ]
        rows += [[key] for key in row] if several else [row[:2], row[2:4], row[4:]]
    return [row for row in rows if row]


def _cut(text: str, limit: int = ROOM) -> str:
    raw = text.encode("utf-16-le")
    return text if len(raw) <= limit * 2 else raw[: limit * 2].decode("utf-16-le", "ignore") + "…"
