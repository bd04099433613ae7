"""Feishu's custom bots, against the emulator over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import time_machine

from bots.gateways import feishu
from bots.gateways.courier import Letter
from bots.gateways.errors import Busy, Refused, Unreachable
from bots.gateways.feishu import Card
from emulators.clock import Clock
from emulators.feishu import DEMO_KEY, SIGNED_KEY, SIGNED_SECRET, FeishuEmulator
from emulators.httpd import Server

LETTER = Letter(
    "evt_1", "bot.broken", "机器人停了", "第一行\n第二行", datetime(2026, 11, 21, tzinfo=UTC)
)


@pytest.fixture
def emulator(settings: Any) -> Iterator[FeishuEmulator]:
    emulator = FeishuEmulator()
    with Server(emulator.app) as server:
        settings.FEISHU_API_URL = f"{server.url}/feishu"
        yield emulator
    emulator.close()


def bodies(emulator: FeishuEmulator, key: str = DEMO_KEY) -> list[dict[str, Any]]:
    return [message["body"] for message in emulator.messages(key)]


def test_the_signature_is_feishus() -> None:
    # values of the public documentation
    assert feishu.signature("1716283459", "dGhpcyBpcyBhIGtleQ==") == (
        "8EyY+xxfJvzWjZQpdc2mgvQFaG7lF5nbxl7RITyMkJU="
    )


@pytest.mark.parametrize(
    ("entered", "address"),
    [
        ("abcd-1234", "https://open.feishu.cn/open-apis/bot/v2/hook/abcd-1234"),
        (" abcd-1234\n", "https://open.feishu.cn/open-apis/bot/v2/hook/abcd-1234"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/abcd-1234",) * 2,
        ("https://open.larksuite.com/open-apis/bot/v2/hook/abcd-1234",) * 2,
    ],
)
def test_a_hook_is_taken_as_key_or_address(entered: str, address: str) -> None:
    assert feishu.hook_address(entered) == address


@pytest.mark.parametrize(
    "entered",
    [
        "",
        "short",
        "http://open.feishu.cn/open-apis/bot/v2/hook/abcd-1234",
        "https://open.feishu.cn.evil.example/open-apis/bot/v2/hook/abcd-1234",
        "https://open.feishu.cn@evil.example/open-apis/bot/v2/hook/abcd-1234",
        "https://open.feishu.cn:444/open-apis/bot/v2/hook/abcd-1234",
        "https://open.feishu.cn/open-apis/bot/hook/abcd-1234",
        "https://open.feishu.cn/open-apis/bot/v2/hook/abcd-1234?x=1",
        "https://open.feishu.cn/open-apis/bot/v2/hook/../../../abcd",
        "https://evil.example/open-apis/bot/v2/hook/abcd-1234",
    ],
)
def test_anything_else_is_refused_in_words(entered: str) -> None:
    with pytest.raises(Refused, match="not a Feishu webhook"):
        feishu.hook_address(entered)


def test_a_stand_in_gets_what_would_go_to_feishu_or_lark(emulator: FeishuEmulator) -> None:
    feishu.connect(DEMO_KEY).text("one")
    feishu.connect(f"https://open.larksuite.com/open-apis/bot/v2/hook/{DEMO_KEY}").text("two")
    assert len(bodies(emulator)) == 2


def test_a_letter_is_a_card_that_mentions_nobody(emulator: FeishuEmulator) -> None:
    feishu.connect(DEMO_KEY).deliver(LETTER)
    card = bodies(emulator)[0]["card"]
    assert card["header"]["title"] == {"tag": "plain_text", "content": "机器人停了"}
    assert card["elements"][0]["text"] == {"tag": "plain_text", "content": "第一行\n第二行"}


def test_a_text_cannot_ring_everybody(emulator: FeishuEmulator) -> None:
    feishu.connect(DEMO_KEY).text('<at user_id="all">x</at> 1 < 2')
    assert bodies(emulator)[0]["content"]["text"].startswith('‹at user_id="all">x‹/at> 1 < 2')


def test_a_card_has_a_button_that_opens_an_address(emulator: FeishuEmulator) -> None:
    link = ("Open", "https://botharbor.test/t/acme/")
    feishu.connect(DEMO_KEY).card(Card("t", ("l",), colour="red", link=link))
    action = bodies(emulator)[0]["card"]["elements"][1]
    assert action["actions"][0]["url"] == link[1]


def test_a_signed_bot_is_told(emulator: FeishuEmulator) -> None:
    feishu.connect(SIGNED_KEY, SIGNED_SECRET).deliver(LETTER)
    assert len(bodies(emulator, SIGNED_KEY)) == 1


@pytest.mark.parametrize("text", ["字" * 30_000, '"\n' * 30_000, "😀" * 10_000])
def test_a_long_text_is_cut_to_what_feishu_takes(emulator: FeishuEmulator, text: str) -> None:
    bot = feishu.connect(SIGNED_KEY, SIGNED_SECRET)
    bot.text(text)
    bot.card(Card("t" * 1000, (text,)))
    for body in bodies(emulator, SIGNED_KEY):
        assert len(orjson.dumps(body)) <= 20_480
        assert "…" in orjson.dumps(body).decode()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (19001, "copy the address again"),
        (19021, "signing secret"),
        (19022, "IP addresses"),
        (19024, "“Botharbor”"),
        (12345, "12345 emulated failure"),
    ],
)
def test_an_error_code_is_explained(emulator: FeishuEmulator, status: int, words: str) -> None:
    emulator.fault("status", status=status, times=0)
    with pytest.raises(Refused, match=words) as refused:
        feishu.connect(SIGNED_KEY, SIGNED_SECRET).text("x")
    assert refused.value.code == status


def test_a_signature_refused_once_is_made_anew(emulator: FeishuEmulator) -> None:
    emulator.fault("status", status=19021)
    feishu.connect(SIGNED_KEY, SIGNED_SECRET).text("x")
    assert len(bodies(emulator, SIGNED_KEY)) == 1


def test_a_clock_that_is_wrong_is_told_as_a_problem_of_the_signature(
    emulator: FeishuEmulator,
) -> None:
    emulator.clock = Frozen()
    with (
        time_machine.travel("2020-01-01", tick=False),
        pytest.raises(Refused, match="signing secret"),
    ):
        feishu.connect(SIGNED_KEY, SIGNED_SECRET).text("x")


class Frozen(Clock):
    """Feishu's own clock, which is right."""

    def time(self) -> float:
        return 1_795_000_000.0


def test_a_keyword_that_every_message_holds_lets_it_through(emulator: FeishuEmulator) -> None:
    emulator.add_hook("with-keyword", keywords=[feishu.KEYWORD])
    feishu.connect("with-keyword").text("x")
    feishu.connect("with-keyword").deliver(LETTER)
    assert len(bodies(emulator, "with-keyword")) == 2


def test_a_card_that_feishu_does_not_take_is_said_as_text(emulator: FeishuEmulator) -> None:
    emulator.fault("status", status=9499)
    feishu.connect(DEMO_KEY).deliver(LETTER)
    assert bodies(emulator)[0]["content"]["text"] == "机器人停了\n第一行\n第二行\nBotharbor"


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429},
        {"status": 11232},
        {"status": 9499, "description": "too many request"},
    ],
)
def test_too_often_is_busy(emulator: FeishuEmulator, fault: dict[str, Any]) -> None:
    emulator.fault("status", **fault)
    with pytest.raises(Busy):
        feishu.connect(DEMO_KEY).text("x")


def test_the_true_limit_is_busy(emulator: FeishuEmulator) -> None:
    bot = feishu.connect(DEMO_KEY)
    emulator.clock = Frozen()
    for _ in range(5):
        bot.text("x")
    with pytest.raises(Busy):
        bot.text("x")


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 502}, {"kind": "drop"}, {"kind": "lost_answer"}]
)
def test_no_clear_answer_is_unreachable(emulator: FeishuEmulator, fault: dict[str, Any]) -> None:
    emulator.fault(**fault)
    with pytest.raises(Unreachable) as error:
        feishu.connect(DEMO_KEY).text("x")
    assert error.value.unclear


def test_nobody_listening_is_unreachable_and_clear(settings: Any) -> None:
    settings.FEISHU_API_URL = "http://127.0.0.1:9/feishu"
    with pytest.raises(Unreachable) as error:
        feishu.connect(DEMO_KEY).text("x")
    assert not error.value.unclear


def test_an_error_never_shows_the_hook(emulator: FeishuEmulator) -> None:
    emulator.fault("drop")
    with pytest.raises(Unreachable) as error:
        feishu.connect(DEMO_KEY).text("x")
    assert DEMO_KEY not in repr(error.value)
    assert error.value.__cause__ is None
