"""What Feishu's groups see of a letter: cards that fit, whatever is in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from bots.blocks import Block
from bots.gateways import feishu
from bots.gateways.courier import Letter
from emulators.feishu import DEMO_KEY, SIGNED_KEY, SIGNED_SECRET, FeishuEmulator
from emulators.httpd import Server

AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def emulator(settings: Any) -> Iterator[FeishuEmulator]:
    emulator = FeishuEmulator()
    with Server(emulator.app) as server:
        settings.FEISHU_API_URL = f"{server.url}/feishu"
        yield emulator
    emulator.close()


def server(name: str, text: str = "") -> Block:
    facts = (("Address", "203.0.113.7"), ("Left", "31.4 GB"))
    return Block(name, facts, text, (("Postpone", "https://botharbor.test/x"),))


def letter(*blocks: Block, **more: Any) -> Letter:
    return Letter("evt_1", "traffic.low", "标题", "", AT, blocks=blocks, **more)


def bodies(emulator: FeishuEmulator, key: str = SIGNED_KEY) -> list[dict[str, Any]]:
    return [message["body"] for message in emulator.messages(key)]


def shown(card: dict[str, Any]) -> list[str]:
    """Return the texts of a card, in order."""
    elements = card["elements"]
    texts = [element["text"]["content"] for element in elements if "text" in element]
    notes = [one["content"] for element in elements for one in element.get("elements", ())]
    return texts + notes


@pytest.mark.parametrize("count", [1, 15, 60])
@pytest.mark.parametrize("text", ["", "字" * 500, '"\n' * 900, "😀" * 400])
def test_blocks_there_is_no_room_for_are_counted(
    emulator: FeishuEmulator, count: int, text: str
) -> None:
    bot = feishu.connect(SIGNED_KEY, SIGNED_SECRET)
    bot.deliver(letter(*(server(f"web-{number}", text) for number in range(count)), left_out=2))
    [body] = bodies(emulator)
    assert len(orjson.dumps(body)) <= 20_480
    texts = shown(body["card"])
    names = [one for one in texts if one.startswith("web-")]
    assert names == [f"web-{number}" for number in range(len(names))]
    assert f"and {count - len(names) + 2} more" in texts
    # a block is shown whole or not at all, and room is used
    assert sum("fields" in element for element in body["card"]["elements"]) == len(names)
    assert len(names) == count or len(orjson.dumps(body)) > 14_000


def test_a_block_too_big_for_any_card_is_shortened(emulator: FeishuEmulator) -> None:
    facts = tuple(("字" * 60, "字" * 300) for _number in range(12))
    links = tuple(("字" * 60, "https://botharbor.test/" + "x" * 1900) for _number in range(5))
    feishu.connect(DEMO_KEY).deliver(letter(Block("web-1", facts, "字" * 2000, links)))
    [body] = bodies(emulator, DEMO_KEY)
    assert "web-1" in shown(body["card"])


@pytest.mark.parametrize(
    ("colour", "template"), [("red", "red"), ("", "blue"), ("<at id=all>", "blue")]
)
def test_only_feishus_colours_are_sent(
    emulator: FeishuEmulator, colour: str, template: str
) -> None:
    feishu.connect(DEMO_KEY).deliver(letter(server("web-1"), colour=colour))
    assert bodies(emulator, DEMO_KEY)[0]["card"]["header"]["template"] == template


def test_a_thing_without_a_name_is_shown_all_the_same(emulator: FeishuEmulator) -> None:
    feishu.connect(DEMO_KEY).deliver(
        letter(Block("", (("", ""),), "stopped", (("", "https://botharbor.test/x"),)))
    )
    assert "stopped" in shown(bodies(emulator, DEMO_KEY)[0]["card"])


def test_no_foreign_text_is_read_as_markdown(emulator: FeishuEmulator) -> None:
    name = "<at id=all></at> **web** [x](https://evil.example)"
    feishu.connect(DEMO_KEY).deliver(letter(server(name, name)))
    raw = orjson.dumps(bodies(emulator, DEMO_KEY)[0]).decode()
    assert "lark_md" not in raw
    assert raw.count('"plain_text"') == raw.count('"content"')


def test_a_card_that_feishu_does_not_take_is_said_as_text(emulator: FeishuEmulator) -> None:
    emulator.fault("status", status=9499, times=1)
    feishu.connect(DEMO_KEY).deliver(letter(server("web-<at>"), left_out=3))
    [body] = bodies(emulator, DEMO_KEY)
    assert body["content"]["text"] == (
        "标题\n\n■ web-<at>\nAddress: 203.0.113.7\nLeft: 31.4 GB\n"
        "Postpone: https://botharbor.test/x\n\nand 3 more\nBotharbor"
    ).replace("<at", "‹at")
