"""The signed webhook, against a service of our own over HTTP."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from bots.gateways import signed_webhook
from bots.gateways.courier import Letter
from bots.gateways.errors import Busy, Refused, Unreachable
from bots.tests.receivers import Receiver, receiving

SECRET = "s" * 43
LETTER = Letter(
    "evt_1", "bot.broken", "标题", "文字", datetime(2026, 11, 21, 8, 0, tzinfo=UTC), {"bot": "b1"}
)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving(settings) as receiver:
        yield receiver


def deliver(receiver: Receiver) -> None:
    signed_webhook.connect(f"{receiver.url}/in?a=b", SECRET).deliver(LETTER)


@time_machine.travel(1_795_000_000, tick=False)
def test_a_letter_is_posted_with_a_signature_over_time_and_body(receiver: Receiver) -> None:
    deliver(receiver)
    body, environ = receiver.posts[0]
    assert body == {
        "id": "evt_1",
        "event": "bot.broken",
        "title": "标题",
        "text": "文字",
        "at": "2026-11-21T08:00:00+00:00",
        "data": {"bot": "b1"},
        "blocks": [],
        "left_out": 0,
    }
    assert environ["HTTP_BOTHARBOR_EVENT_ID"] == "evt_1"
    assert environ["CONTENT_TYPE"].startswith("application/json")
    assert environ["QUERY_STRING"] == "a=b"
    # as the documentation tells a receiver to do it
    parts = dict(part.split("=", 1) for part in environ["HTTP_BOTHARBOR_SIGNATURE"].split(","))
    assert parts["t"] == "1795000000"
    signed = parts["t"].encode() + b"." + receiver.raw[0]
    assert parts["v1"] == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


def test_another_secret_or_body_has_another_signature() -> None:
    first = signed_webhook.sign(b"{}", SECRET, at=1)
    assert first != signed_webhook.sign(b"{ }", SECRET, at=1)
    assert first != signed_webhook.sign(b"{}", "other", at=1)
    assert first != signed_webhook.sign(b"{}", SECRET, at=2)


@pytest.mark.parametrize("status", [200, 201, 204])
def test_any_success_is_success(receiver: Receiver, status: int) -> None:
    receiver.status = status
    deliver(receiver)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410, 422])
def test_a_refusal_is_final(receiver: Receiver, status: int) -> None:
    receiver.status = status
    receiver.headers = [("Location", "http://169.254.169.254/")]
    with pytest.raises(Refused) as refused:
        deliver(receiver)
    assert refused.value.code == status
    assert len(receiver.posts) == 1


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [(429, "7", 7), (429, "", 60), (408, "", 60), (503, "30", 30), (503, "99999999", 3600)],
)
def test_later_is_busy(receiver: Receiver, status: int, header: str, seconds: float) -> None:
    receiver.status = status
    receiver.headers = [("Retry-After", header)] if header else []
    with pytest.raises(Busy) as busy:
        deliver(receiver)
    assert busy.value.retry_after == seconds


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_broken_service_is_unreachable(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(Unreachable) as error:
        deliver(receiver)
    assert error.value.unclear


def test_a_service_that_is_gone_is_unreachable(settings: Any) -> None:
    with receiving(settings) as receiver:
        pass
    with pytest.raises(Unreachable) as error:
        deliver(receiver)
    assert not error.value.unclear
