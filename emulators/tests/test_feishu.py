"""Feishu's webhook: signature, limits, error codes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from emulators.clock import ManualClock
from emulators.feishu import DEMO_KEY, SIGNED_KEY, SIGNED_SECRET, FeishuEmulator, sign
from emulators.httpd import Server

TEXT = {"msg_type": "text", "content": {"text": "流量不足"}}
PLAIN = {"tag": "plain_text", "content": "hk-web-1"}
BUTTON = {"tag": "button", "type": "primary", "text": PLAIN, "url": "https://example.org/?a=1"}
ELEMENTS = [
    {"tag": "div", "text": {"tag": "lark_md", "content": "**20 GB**"}},
    {"tag": "div", "fields": [{"is_short": True, "text": PLAIN}]},
    {"tag": "hr"},
    {"tag": "markdown", "content": "text"},
    {"tag": "action", "actions": [BUTTON]},
    {"tag": "note", "elements": [PLAIN]},
]
HEADER = {"template": "red", "title": PLAIN}


def card(*elements: Any, **more: Any) -> dict[str, Any]:
    """A card as version 1 has it."""
    fields = {"header": HEADER, "elements": list(elements), **more}
    return {"msg_type": "interactive", "card": fields}


def card_2(*elements: Any, **more: Any) -> dict[str, Any]:
    """A card as version 2 has it."""
    fields = {"schema": "2.0", "header": HEADER, "body": {"elements": list(elements)}, **more}
    return {"msg_type": "interactive", "card": fields}


def opens(url: Any) -> dict[str, Any]:
    """A button of version 2."""
    return {
        "tag": "button",
        "text": PLAIN,
        "behaviors": [{"type": "open_url", "default_url": url}],
    }


CARD = card(*ELEMENTS, config={"wide_screen_mode": True})
CARD_2 = card_2(*ELEMENTS[:4], opens("https://example.org"))
POST = {"msg_type": "post", "content": {"post": {"zh_cn": {"content": [[]]}}}}


class Client:
    def __init__(self, emulator: FeishuEmulator, url: str, http: httpx.Client) -> None:
        self.emulator, self._url, self._http = emulator, url, http

    def send(self, body: Any = TEXT, key: str = DEMO_KEY, **more: Any) -> httpx.Response:
        url = f"{self._url}/feishu/open-apis/bot/v2/hook/{key}"
        more = more or {"json": body}
        return self._http.post(url, **more)

    def code(self, body: Any = TEXT, key: str = DEMO_KEY, **more: Any) -> int:
        return int(self.send(body, key, **more).json()["code"])


@pytest.fixture
def client(clock: ManualClock) -> Iterator[Client]:
    emulator = FeishuEmulator(clock=clock)
    with Server(emulator.app) as server, httpx.Client() as http:
        yield Client(emulator, server.url, http)
        emulator.close()


def test_public_vectors() -> None:
    assert sign("1768464000", "demoSecretForDocs") == "crLCGFCALnLqfzx/RVCJEdHPlc6oQ2PYE6QubdnnUgU="
    assert sign("1716283459", "dGhpcyBpcyBhIGtleQ==") == (
        "8EyY+xxfJvzWjZQpdc2mgvQFaG7lF5nbxl7RITyMkJU="
    )


@pytest.mark.parametrize("body", [TEXT, CARD, CARD_2, POST, card()])
def test_success(client: Client, body: dict[str, Any]) -> None:
    answer = client.send(body)
    assert answer.json() == {
        "code": 0,
        "msg": "success",
        "data": {},
        "StatusCode": 0,
        "StatusMessage": "success",
    }
    assert [message["body"] for message in client.emulator.messages(DEMO_KEY)] == [body]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"msg_type": "text"},
        {"msg_type": "text", "content": {"text": " "}},
        {"msg_type": "interactive", "card": {}},
        {"msg_type": "interactive", "card": {"header": {"template": "pink"}, "elements": []}},
        {"msg_type": "interactive", "card": {"elements": [{"tag": "div", "text": "words"}]}},
        {"msg_type": "interactive", "card": {"elements": [{"tag": "div"}]}},
        {"msg_type": "interactive", "card": {"elements": [{"tag": "action", "actions": []}]}},
        {
            "msg_type": "interactive",
            "card": {
                "elements": [
                    {
                        "tag": "action",
                        "actions": [
                            {
                                "tag": "button",
                                "text": {"tag": "plain_text", "content": "Stop"},
                                "value": {"stop": 1},
                            }
                        ],
                    }
                ]
            },
        },
        {"msg_type": "interactive", "content": {}},
        {"msg_type": "post", "content": {"post": {}}},
        {"msg_type": "fax", "content": {}},
        {"msg_type": "text", "content": {"text": "x" * 20480}},
    ],
)
def test_malformed(client: Client, body: dict[str, Any]) -> None:
    assert client.code(body) == 9499
    assert client.emulator.messages() == []


@pytest.mark.parametrize(
    "body",
    [
        {"msg_type": "interactive", "card": []},
        card(header={"title": {"tag": "lark", "content": "x"}}),
        card(header={"title": PLAIN, "template": "pink"}),
        card(header="red"),
        card(config=[]),
        card(schema="1.0"),
        card(elements={}),
        card("div"),
        card({"tag": "img_of_mine"}),
        card({"tag": "div"}),
        card({"tag": "div", "text": {"tag": "plain_text", "content": ""}}),
        card({"tag": "div", "text": {"tag": "html", "content": "x"}}),
        card({"tag": "div", "fields": [{"is_short": "yes", "text": PLAIN}]}),
        card({"tag": "div", "fields": ["x"]}),
        card({"tag": "note", "elements": []}),
        card({"tag": "action", "actions": []}),
        card({"tag": "action", "actions": [{**BUTTON, "tag": "select"}]}),
        card({"tag": "action", "actions": [{**BUTTON, "type": "green"}]}),
        *(
            card({"tag": "action", "actions": [{**BUTTON, "url": url}]})
            for url in (None, "", "tg://x", "javascript:alert(1)", "https://", "https://a b")
        ),
        card({"tag": "markdown", "content": ""}),
        card_2(body=[]),
        card_2({"tag": "action", "actions": [BUTTON]}),
        card_2(opens("ftp://example.org")),
        card_2({"tag": "button", "text": PLAIN, "behaviors": []}),
        card_2({"tag": "button", "text": PLAIN, "behaviors": [{"type": "callback"}]}),
    ],
)
def test_cards_that_feishu_would_not_show(client: Client, body: dict[str, Any]) -> None:
    answer = client.send(body)
    assert (answer.status_code, answer.json()["code"]) == (200, 9499)
    assert client.emulator.messages() == []


def test_20_kb_are_taken_and_counted_in_bytes(client: Client) -> None:
    def sized(size: int) -> bytes:
        frame = len(orjson.dumps({**TEXT, "content": {"text": ""}}))
        return orjson.dumps({**TEXT, "content": {"text": "量" * ((size - frame) // 3)}})

    assert client.code(content=sized(20 * 1024)) == 0
    assert client.code(content=sized(20 * 1024 + 3)) == 9499


def test_not_json_and_unknown_key(client: Client) -> None:
    assert client.code(content=b"nope") == 9499
    answer = client.send(TEXT, "unknown")
    assert (answer.status_code, answer.json()["code"]) == (200, 19001)


def test_signature(client: Client, clock: ManualClock) -> None:
    now = str(int(clock.time()))
    good = {**TEXT, "timestamp": now, "sign": sign(now, SIGNED_SECRET)}
    assert client.code(good, SIGNED_KEY) == 0
    assert client.code(TEXT, SIGNED_KEY) == 19021
    assert client.code({**good, "sign": sign(now, "other")}, SIGNED_KEY) == 19021
    clock.advance(3602)
    assert client.code(good, SIGNED_KEY) == 19021


def test_keywords(client: Client) -> None:
    client.emulator.add_hook("words", keywords=["流量"])
    assert client.code(TEXT, "words") == 0
    other = {"msg_type": "text", "content": {"text": "hello"}}
    assert client.code(other, "words") == 19024


@pytest.mark.parametrize(
    ("allowed", "code"),
    [
        (["127.0.0.1"], 0),
        (["10.1.2.3", "127.0.0.*"], 0),
        (["127.0.0.0/8"], 0),
        (["10.0.0.0/8", "128.0.0.*"], 19022),
        (["nonsense"], 19022),
    ],
)
def test_senders_may_be_listed(client: Client, allowed: list[str], code: int) -> None:
    client.emulator.add_hook("listed", addresses=allowed)
    assert client.code(TEXT, "listed") == code


def test_sharp_hours_are_crowded(client: Client, clock: ManualClock) -> None:
    client.emulator.sharp_hours = True
    clock.advance(1800 - clock.time() % 1800)
    assert client.code() == 11232
    clock.advance(59)
    assert client.code() == 11232
    clock.advance(1)
    assert client.code() == 0
    clock.advance(1740)
    assert client.code() == 11232


def test_limits(client: Client, clock: ManualClock) -> None:
    assert [client.code() for _ in range(6)] == [0] * 5 + [11232]
    for _ in range(19):
        clock.advance(1)
        assert [client.code() for _ in range(5)] == [0] * 5
    clock.advance(1)
    assert client.code() == 11232
    clock.advance(60)
    assert client.code() == 0


def test_faults(client: Client) -> None:
    client.emulator.fault("status", status=429)
    answer = client.send()
    assert (answer.status_code, answer.json()["code"]) == (429, 11232)
    client.emulator.fault("status", status=19022, description="Ip Not Allowed")
    assert client.code() == 19022
    client.emulator.fault("lost_answer")
    with pytest.raises(httpx.TransportError):
        client.send()
    client.emulator.fault("drop")
    with pytest.raises(httpx.TransportError):
        client.send()
    assert len(client.emulator.messages()) == 1


def test_messages_are_kept(tmp_path: Path, clock: ManualClock) -> None:
    first = FeishuEmulator(tmp_path, clock)
    with Server(first.app) as server, httpx.Client() as http:
        assert Client(first, server.url, http).code() == 0
    first.close()
    second = FeishuEmulator(tmp_path, clock)
    assert [message["body"] for message in second.messages()] == [TEXT]
    second.close()
