"""Text as Telegram treats it: UTF-16 lengths, automatic entities, trimming."""

import re

from emulators.wsgi import Json

OPAQUE = ("code", "pre", "text_link", "url")
FINDERS = {
    "bot_command": re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])"),
    "url": re.compile(
        r"(?<![\w@./])(?:https?://[^\s<>\"]+|(?:[a-z0-9-]+\.)+(?:com|org|net|me|io|cn|tw|dev|app)"
        r"(?:/[^\s<>\"]*)?)(?<![.,;:!?)'\]])",
        re.IGNORECASE,
    ),
    "email": re.compile(r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}"),
    "mention": re.compile(r"(?<![\w@./])@[A-Za-z0-9_]{4,32}(?!\w)"),
    "hashtag": re.compile(r"(?<![\w#/])#\w{1,256}"),
    "cashtag": re.compile(r"(?<![\w$])\$[A-Z]{1,8}(?![\w$])"),
}
TRIGGERS = re.compile(r"[/@.#$]")


def width(text: str) -> int:
    """Length in UTF-16 units, the unit of entity offsets."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def find_entities(text: str) -> list[Json]:
    """Commands, links, mentions and the like that the server marks by itself."""
    if not TRIGGERS.search(text):
        return []
    taken: list[tuple[int, int]] = []
    found: list[Json] = []
    for kind, pattern in FINDERS.items():
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < stop and begin < end for begin, stop in taken):
                continue
            taken.append((start, end))
            offset = width(text[:start])
            found.append({"type": kind, "offset": offset, "length": width(match.group())})
    return ordered(found)


def ordered(entities: list[Json]) -> list[Json]:
    """By offset, outer before inner."""
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def merge(given: list[Json], found: list[Json]) -> list[Json]:
    """Found entities join the given ones unless these are links or code at the same place."""
    opaque = [entity for entity in given if entity["type"] in OPAQUE]
    free = [
        entity
        for entity in found
        if not any(
            entity["offset"] < other["offset"] + other["length"]
            and other["offset"] < entity["offset"] + entity["length"]
            for other in opaque
        )
    ]
    return ordered(given + free)[:100]


def trim(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Cut white space at both ends and move the entities along."""
    short = text.rstrip()
    lead = len(short) - len(short.lstrip())
    cut = width(short[:lead])
    short = short[lead:]
    total = width(short)
    moved = []
    for entity in entities:
        start = max(0, entity["offset"] - cut)
        end = min(total, entity["offset"] + entity["length"] - cut)
        if end > start:
            moved.append({**entity, "offset": start, "length": end - start})
    return short, moved
