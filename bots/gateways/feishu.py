"""Feishu's custom bots: a group is told through a secret address, optionally signed.

Facts: reference of open.feishu.cn's custom-bot guide; errors come with HTTP 200 and a code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from bots.gateways.courier import Letter
from bots.gateways.errors import Busy, Refused, Unreachable

if TYPE_CHECKING:
    import ssl

HOOK_PATH = "/open-apis/bot/v2/hook/"
KEY = re.compile(r"[A-Za-z0-9._~-]{8,100}")
FEISHU = "https://open.feishu.cn"
LARK = "https://open.larksuite.com"
MAX_BODY = 20_000  # bytes of UTF-8; Feishu says 20 KB
SECONDS = 10.0
# What every message ends with: a tenant whose bot asks for a keyword enters this one.
KEYWORD = "Botharbor"

BAD_SIGNATURE = 19021
BAD_REQUEST = 9499
TOO_OFTEN = 11232
MENTION = re.compile(r"<(?=/?at\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Card:
    """A message with a coloured head; `link` is the label and address of a button.

    Colours: blue wathet turquoise green yellow orange red carmine violet purple indigo grey.
    A custom bot has no callbacks: buttons can only open addresses.
    """

    title: str
    lines: tuple[str, ...]
    colour: str = "blue"
    link: tuple[str, str] | None = None


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


def connect(hook: str, secret: str = "") -> Feishu:
    """Return a custom bot by its key or address; calls nobody yet.

    Raises:
        Refused: the hook is not one.
    """
    return _Live(hook_address(hook), secret)


class _Live:
    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret

    def text(self, text: str) -> None:
        self._send(lambda limit: _text(_cut(text, limit)))

    def card(self, card: Card) -> None:
        try:
            self._send(lambda limit: _card(card, limit))
        except Refused as refused:
            if refused.code != BAD_REQUEST:
                raise
            self.text("\n".join((card.title, *card.lines, *(card.link or ())[1:])))

    def deliver(self, letter: Letter) -> None:
        url = str(letter.data.get("url", ""))
        link = (_("Open"), url) if url.startswith(("https://", "http://")) else None
        self.card(Card(letter.title, tuple(letter.text.split("\n")), link=link))

    def _send(self, build: Callable[[int], dict[str, Any]]) -> None:
        try:
            self._once(build)
        except Refused as refused:
            # our time may have been written down long before it arrived: once more, afresh
            if refused.code != BAD_SIGNATURE or not self._secret:
                raise
            self._once(build)

    def _once(self, build: Callable[[int], dict[str, Any]]) -> None:
        signed = {}
        if self._secret:
            timestamp = str(int(time.time()))
            signed = {"timestamp": timestamp, "sign": signature(timestamp, self._secret)}
        _judge(*_post(self._url, _fitting(build, signed)))


def _fitting(build: Callable[[int], dict[str, Any]], signed: Mapping[str, str]) -> bytes:
    """Return the body, its text cut until it fits; JSON may double what quotes and lines take."""
    limit = MAX_BODY - 2_000
    while True:
        # not as \uXXXX: Chinese would take twice the room
        body = json.dumps({**signed, **build(limit)}, ensure_ascii=False).encode()
        if len(body) <= MAX_BODY:
            return body
        limit = limit * 3 // 4


def _cut(text: str, limit: int) -> str:
    data = text.encode()
    if len(data) <= limit:
        return text
    return data[: max(limit - 3, 0)].decode(errors="ignore") + "…"


def _text(text: str) -> dict[str, Any]:
    # somebody's name must not ring everybody in the group
    harmless = MENTION.sub("‹", text)
    return {"msg_type": "text", "content": {"text": f"{harmless}\n{KEYWORD}"}}


def _card(card: Card, limit: int) -> dict[str, Any]:
    def plain(content: str) -> dict[str, str]:
        return {"tag": "plain_text", "content": content}

    elements: list[dict[str, Any]] = []
    if text := _cut("\n".join(card.lines), limit).strip():
        # plain_text, not lark_md: names need no escaping and mention nobody
        elements.append({"tag": "div", "text": plain(text)})
    if card.link is not None:
        label, url = card.link
        button = {"tag": "button", "type": "primary", "text": plain(label), "url": url}
        elements.append({"tag": "action", "actions": [button]})
    elements.append({"tag": "note", "elements": [plain(KEYWORD)]})
    return {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {"template": card.colour, "title": plain(_cut(card.title, 600))},
            "elements": elements,
        },
    }


@cache
def _ssl() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _post(url: str, body: bytes) -> tuple[int, bytes]:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    try:
        with httpx.Client(verify=_ssl(), timeout=SECONDS, follow_redirects=False) as client:
            response = client.post(url, content=body, headers=headers)
    except httpx.HTTPError as error:
        unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        raise Unreachable(_("Feishu cannot be reached."), unclear=not unsent) from None
    return response.status_code, response.content


def _judge(status: int, content: bytes) -> None:
    """Return for success. Raises what the answer means."""
    if status == 429:
        raise Busy(60.0)
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
        raise Busy(60.0)
    raise Refused(code, _in_words(code, message))


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
