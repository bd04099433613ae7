"""Feishu's webhook: signature, limits, error codes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators.clock import ManualClock
from emulators.feishu import DEMO_KEY, SIGNED_KEY, SIGNED_SECRET, FeishuEmulator, sign
from emulators.httpd import Server

TEXT = {"msg_type": "text", "content": {"text": "流量不足"}}
CARD = {"msg_type": "interactive", "card": {"elements": []}}
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


@pytest.mark.parametrize("body", [TEXT, CARD, POST])
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
        {"msg_type": "interactive", "content": {}},
        {"msg_type": "post", "content": {"post": {}}},
        {"msg_type": "fax", "content": {}},
        {"msg_type": "text", "content": {"text": "x" * 20480}},
    ],
)
def test_malformed(client: Client, body: dict[str, Any]) -> None:
    assert client.code(body) == 9499
    assert client.emulator.messages() == []


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
