"""Telegram's Markdown and MarkdownV2 styles."""

import re
from dataclasses import dataclass

from emulators.telegram.errors import bad
from emulators.telegram.text import ordered, width
from emulators.wsgi import Json

RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
MARKS = {
    1: {"*": "bold", "_": "italic"},
    2: {
        "__": "underline",
        "||": "spoiler",
        "*": "bold",
        "_": "italic",
        "~": "strikethrough",
    },
}
LINK = re.compile(r"\]\(((?:\\.|[^)\\])*)\)")


@dataclass(slots=True)
class Open:
    """A mark that waits for its twin."""

    mark: str
    offset: int
    at: int


class MarkdownParser:
    """One pass over one text."""

    def __init__(self, text: str, version: int) -> None:
        self._text = text
        self._version = version
        self._pieces: list[str] = []
        self._offset = 0
        self._stack: list[Open] = []
        self._entities: list[Json] = []

    def parse(self) -> tuple[str, list[Json]]:
        """The plain text and its entities; raises ApiError 400 "can't parse entities: ..."."""
        at = 0
        while at < len(self._text):
            at = self._step(at)
        if self._stack:
            self._unfinished(self._stack[-1])
        return "".join(self._pieces), ordered(self._entities)

    def _unfinished(self, opened: Open) -> None:
        offset = len(self._text[: opened.at].encode())
        if self._version == 1:
            raise bad(
                "can't parse entities: Can't find end of the entity"
                f" starting at byte offset {offset}"
            )
        kind = MARKS[2].get(opened.mark, {"[": "text_url", "`": "code"}.get(opened.mark, "pre"))
        raise bad(
            f"can't parse entities: Can't find end of {kind.capitalize()} entity"
            f" at byte offset {offset}"
        )

    def _add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._offset += width(piece)

    def _step(self, at: int) -> int:
        text = self._text
        if self._escaped(at):
            self._add(text[at + 1])
            return at + 2
        if text[at] == "`":
            return self._code(at)
        if text[at] == "[":
            self._stack.append(Open("[", self._offset, at))
            return at + 1
        if text[at] == "]" and any(opened.mark == "[" for opened in self._stack):
            return self._link(at)
        mark = next((mark for mark in MARKS[self._version] if text.startswith(mark, at)), "")
        if mark:
            return self._mark(at, mark, MARKS[self._version][mark])
        if self._version == 2 and text[at] in RESERVED and not self._quote(at):
            raise bad(
                f"can't parse entities: Character '{text[at]}' is reserved"
                " and must be escaped with the preceding '\\'"
            )
        self._add(text[at])
        return at + 1

    def _escaped(self, at: int) -> bool:
        after = self._text[at + 1 : at + 2]
        if self._text[at] != "\\" or not after:
            return False
        return ord(after) < 127 if self._version == 2 else after in "_*`["

    def _quote(self, at: int) -> bool:
        return self._text[at] == ">" and (at == 0 or self._text[at - 1] == "\n")

    def _mark(self, at: int, mark: str, kind: str) -> int:
        if self._stack and self._stack[-1].mark == mark:
            opened = self._stack.pop()
            self._entity(kind, opened.offset)
        elif any(opened.mark == mark for opened in self._stack):
            self._unfinished(self._stack[-1])
        else:
            self._stack.append(Open(mark, self._offset, at))
        return at + len(mark)

    def _code(self, at: int) -> int:
        fence = "```" if self._text.startswith("```", at) else "`"
        end = self._text.find(fence, at + len(fence))
        if end < 0:
            self._unfinished(Open(fence, self._offset, at))
        inner = self._text[at + len(fence) : end]
        more: Json = {}
        if fence == "```":
            language, newline, rest = inner.partition("\n")
            if newline and re.fullmatch(r"[\w+-]*", language):
                inner = rest
                more = {"language": language} if language else {}
        start = self._offset
        self._add(re.sub(r"\\(.)", r"\1", inner) if self._version == 2 else inner)
        self._entity("pre" if fence == "```" else "code", start, **more)
        return end + len(fence)

    def _link(self, at: int) -> int:
        opened = self._stack.pop()
        found = LINK.match(self._text, at)
        if opened.mark != "[":
            self._unfinished(opened)
        if found is None:
            if self._version == 2:
                self._unfinished(opened)
            self._add("]")
            return at + 1
        url = re.sub(r"\\(.)", r"\1", found.group(1))
        if url.startswith("tg://user?id="):
            user = {"id": int(url[13:] or 0), "is_bot": False, "first_name": ""}
            self._entity("text_mention", opened.offset, user=user)
        else:
            full = url if "://" in url else f"http://{url}"
            self._entity("text_link", opened.offset, url=full)
        return found.end()

    def _entity(self, kind: str, start: int, **more: object) -> None:
        if self._offset > start:
            length = self._offset - start
            self._entities.append({"type": kind, "offset": start, "length": length, **more})


def parse_markdown(text: str, version: int) -> tuple[str, list[Json]]:
    """The plain text and its entities; raises ApiError 400."""
    return MarkdownParser(text, version).parse()
