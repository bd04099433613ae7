"""Telegram's HTML style, parsed as strictly as the real server does."""

import re
from dataclasses import dataclass

from emulators.telegram.errors import ApiError, bad
from emulators.telegram.text import ordered, width
from emulators.wsgi import Json

TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
}
SPECIAL = ("a", "span", "tg-emoji", "blockquote")
NEXT = re.compile(r"[<&]")
TAG = re.compile(r"<([A-Za-z][A-Za-z0-9-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
END = re.compile(r"</([A-Za-z0-9-]*)\s*>")
ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")
REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));?")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


@dataclass(slots=True)
class Open:
    """A start tag that waits for its end."""

    tag: str
    offset: int
    attributes: dict[str, str]


class HtmlParser:
    """One pass over one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pieces: list[str] = []
        self._offset = 0
        self._stack: list[Open] = []
        self._entities: list[Json] = []

    def parse(self) -> tuple[str, list[Json]]:
        """The plain text and its entities; raises ApiError 400 "can't parse entities: ..."."""
        text, at = self._text, 0
        while found := NEXT.search(text, at):
            self._add(text[at : found.start()])
            at = found.start()
            at = self._reference(at) if text[at] == "&" else self._tag(at)
        self._add(text[at:])
        if self._stack:
            tag = self._stack[-1].tag
            raise broken(f'Can\'t find end tag corresponding to start tag "{tag}"')
        return "".join(self._pieces), ordered(self._entities)

    def _add(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)
            self._offset += width(piece)

    def _byte(self, at: int) -> int:
        return len(self._text[:at].encode())

    def _reference(self, at: int) -> int:
        found = REFERENCE.match(self._text, at)
        if found is None:
            self._add("&")
            return at + 1
        name, decimal, hexadecimal = found.groups()
        code = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else 0
        self._add(NAMED[name] if name else chr(code) if 0 < code < 0x110000 else found.group())
        return found.end()

    def _tag(self, at: int) -> int:
        if self._text.startswith("</", at):
            return self._close(at)
        found = TAG.match(self._text, at)
        if found is None:
            raise broken(self._why_no_tag(at))
        tag = found.group(1).lower()
        if tag not in TYPES and tag not in SPECIAL:
            raise broken(f'Unsupported start tag "{tag}" at byte offset {self._byte(at)}')
        attributes = {
            key.lower(): decode(value.strip("\"'"))
            for key, value in ATTRIBUTE.findall(found.group(2))
        }
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            offset = self._byte(at)
            raise broken(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
        self._stack.append(Open(tag, self._offset, attributes))
        return found.end()

    def _why_no_tag(self, at: int) -> str:
        name = re.match(r"<([^\s<>/]*)", self._text[at:])
        tag = name.group(1).lower() if name else ""
        offset = self._byte(at)
        if ">" not in self._text[at:]:
            return f"Unclosed start tag at byte offset {offset}"
        if tag not in TYPES and tag not in SPECIAL:
            return f'Unsupported start tag "{tag}" at byte offset {offset}'
        return f"Unclosed start tag at byte offset {offset}"

    def _close(self, at: int) -> int:
        found = END.match(self._text, at)
        offset = self._byte(at)
        if found is None:
            raise broken(f"Unclosed end tag at byte offset {offset}")
        if not self._stack:
            raise broken(f"Unexpected end tag at byte offset {offset}")
        opened = self._stack.pop()
        name = found.group(1).lower()
        if name and name != opened.tag:
            raise broken(
                f"Unmatched end tag at byte offset {offset},"
                f' expected "</{opened.tag}>", found "</{name}>"'
            )
        entity = self._entity(opened)
        if entity and entity["length"]:
            self._entities.append(entity)
        return found.end()

    def _entity(self, opened: Open) -> Json | None:
        place: Json = {"offset": opened.offset, "length": self._offset - opened.offset}
        attributes = opened.attributes
        if opened.tag == "a":
            return self._link(opened, place)
        if opened.tag == "span":
            return {"type": "spoiler", **place}
        if opened.tag == "tg-emoji":
            return {"type": "custom_emoji", **place, "custom_emoji_id": attributes.get("emoji-id")}
        if opened.tag == "blockquote":
            kind = "expandable_blockquote" if "expandable" in attributes else "blockquote"
            return {"type": kind, **place}
        return self._plain_entity(opened, place)

    def _plain_entity(self, opened: Open, place: Json) -> Json | None:
        attributes = opened.attributes
        language = attributes.get("class", "").removeprefix("language-")
        if opened.tag == "code" and language and self._stack and self._stack[-1].tag == "pre":
            self._stack[-1].attributes["class"] = attributes["class"]
            return None
        if opened.tag == "pre" and language:
            return {"type": "pre", **place, "language": language}
        return {"type": TYPES[opened.tag], **place}

    def _link(self, opened: Open, place: Json) -> Json | None:
        url = opened.attributes.get("href", "") or "".join(self._pieces)[-place["length"] :]
        if url.startswith("tg://user?id=") and url[13:].isdigit():
            user = {"id": int(url[13:]), "is_bot": False, "first_name": ""}
            return {"type": "text_mention", **place, "user": user}
        if "." not in url and "://" not in url:
            return None  # the server drops links it cannot read
        return {"type": "text_link", **place, "url": url if "://" in url else f"http://{url}"}


def decode(value: str) -> str:
    """Resolve character references inside an attribute."""

    def character(found: re.Match[str]) -> str:
        name, decimal, hexadecimal = found.groups()
        return NAMED[name] if name else chr(int(decimal) if decimal else int(hexadecimal, 16))

    return REFERENCE.sub(character, value)


def broken(text: str) -> ApiError:
    """400 with the parser's complaint."""
    return bad(f"can't parse entities: {text}")
