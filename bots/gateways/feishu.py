"""Feishu's custom bots: a group is told through a secret address, optionally signed.

Facts: reference of open.feishu.cn's custom-bot guide; errors come with HTTP 200 and a code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import re
import time
from collections.abc import Callable
from typing import Protocol

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from bots.gateways import trust
from bots.gateways.courier import Letter
from bots.gateways.errors import Busy, Refused, Unreachable
from bots.gateways.feishu_cards import KEYWORD, Build, Card, card_body, fitting, text_body
from tenants import contention

HOOK_PATH = "/open-apis/bot/v2/hook/"
KEY = re.compile(r"[A-Za-z0-9._~-]{8,100}")
FEISHU = "https://open.feishu.cn"
LARK = "https://open.larksuite.com"
SECONDS = 10.0

BAD_SIGNATURE = 19021
BAD_REQUEST = 9499
TOO_OFTEN = 11232
# What a bot asks for that was called too often, or at an hour when everybody calls (the guide
# advises against full and half hours): a minute or more, not the same for all who were refused.
SHORTEST_WAIT, LONGEST_WAIT = 60.0, 180.0

# asked before each call; raises Held
Gate = Callable[[], None]

__all__ = ["KEYWORD", "Card", "Feishu", "connect", "hook_address", "signature"]


class Feishu(Protocol):
    """One custom bot. Methods raise Refused (code is Feishu's), Busy and Unreachable."""

    def text(self, text: str) -> None:
        """Say a plain text; it cannot mention anybody."""

    def card(self, card: Card) -> None:
        """Show a card; said as plain text where Feishu does not take the card."""

    def deliver(self, letter: Letter) -> None:
        """Show a letter as a card."""


def hook_address(entered: str) -> str:
    """Return the full address of a hook, given as its key or as Feishu or Lark show it.

    Where FEISHU_API_URL names a stand-in, both go there.

    Raises:
        Refused: it is neither (code 0, in words for the tenant).
    """
    entered = entered.strip()
    stand_in = settings.FEISHU_API_URL if settings.FEISHU_API_URL != FEISHU else ""
    for base in filter(None, (FEISHU, LARK, stand_in)):
        if entered.startswith(base + HOOK_PATH):
            key = entered.removeprefix(base + HOOK_PATH)
            break
    else:
        base, key = FEISHU, entered
    if not KEY.fullmatch(key):
        raise Refused(
            0,
            _(
                "This is not a Feishu webhook. It looks like %(address)s followed by letters and "
                "digits; copy it from the custom bot's page in Feishu."
            )
            % {"address": FEISHU + HOOK_PATH},
        )
    return (stand_in or base) + HOOK_PATH + key


def signature(timestamp: str, secret: str) -> str:
    """Return Feishu's `sign` for a Unix time in seconds: the text is the key, nothing is signed."""
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def connect(hook: str, secret: str = "", *, gate: Gate = lambda: None) -> Feishu:
    """Return a custom bot by its key or address; calls nobody yet.

    `gate` is asked before each call, and raises Held where it may not go yet.

    Raises:
        Refused: the hook is not one.
    """
    return _Live(hook_address(hook), secret, gate)


class _Live:
    def __init__(self, url: str, secret: str, gate: Gate) -> None:
        self._url = url
        self._secret = secret
        self._gate = gate

    def text(self, text: str) -> None:
        self._send(lambda limit: text_body(text, limit))

    def card(self, card: Card) -> None:
        try:
            self._send(lambda limit: card_body(card, limit))
        except Refused as refused:
            if refused.code != BAD_REQUEST:
                raise
            self.text(card.as_text())

    def deliver(self, letter: Letter) -> None:
        url = str(letter.data.get("url", ""))
        link = (_("Open"), url) if url.startswith(("https://", "http://")) else None
        lines = tuple(letter.text.split("\n")) if letter.text else ()
        self.card(
            Card(letter.title, lines, letter.colour or "blue", link, letter.blocks, letter.left_out)
        )

    def _send(self, build: Build) -> None:
        try:
            self._once(build)
        except Refused as refused:
            # our time may have been written down long before it arrived: once more, afresh
            if refused.code != BAD_SIGNATURE or not self._secret:
                raise
            self._once(build)

    def _once(self, build: Build) -> None:
        self._gate()
        signed = {}
        if self._secret:
            timestamp = str(int(time.time()))
            signed = {"timestamp": timestamp, "sign": signature(timestamp, self._secret)}
        _judge(*_post(self._url, fitting(build, signed)))


def _post(url: str, body: bytes) -> tuple[int, bytes]:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    contention.acts_outside()
    try:
        with httpx.Client(
            verify=trust.context(), timeout=SECONDS, follow_redirects=False
        ) as client:
            response = client.post(url, content=body, headers=headers)
    except httpx.HTTPError as error:
        unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        raise Unreachable(_("Feishu cannot be reached."), unclear=not unsent) from None
    return response.status_code, response.content


def _judge(status: int, content: bytes) -> None:
    """Return for success. Raises what the answer means."""
    if status == 429:
        raise _busy()
    if status >= 500:
        raise Unreachable(_("Feishu answered with status %(n)s.") % {"n": status}, unclear=True)
    try:
        answer = json.loads(content)
        # some bots answer without `code`
        code = int(answer["code"] if "code" in answer else answer["StatusCode"])
        message = str(answer.get("msg", ""))
    except (ValueError, KeyError, TypeError):
        reason = _("Feishu's answer cannot be read (status %(n)s).") % {"n": status}
        raise Unreachable(reason, unclear=True) from None
    if code == 0 and status < 300:
        return
    if code == TOO_OFTEN or (code == BAD_REQUEST and "too many" in message.lower()):
        raise _busy()
    raise Refused(code, _in_words(code, message))


def _busy() -> Busy:
    return Busy(random.uniform(SHORTEST_WAIT, LONGEST_WAIT))  # noqa: S311 - no secret


def _in_words(code: int, message: str) -> str:
    words = {
        19001: _("Feishu does not know this webhook (any more): copy the address again."),
        BAD_SIGNATURE: _("Feishu refuses the signature: enter the bot's signing secret again."),
        19022: _(
            "The custom bot only takes messages from certain IP addresses: add this server's."
        ),
        19024: _("The custom bot asks for a keyword: add “%(word)s” to its keywords.")
        % {"word": KEYWORD},
    }
    return words.get(code) or f"Feishu: {code} {message}"[:300]
