"""`POST /api/webhook/<token>/`: where Telegram hands over updates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from bots import registry
from bots.dispatch import StoreAway, TryAgain, dispatch
from bots.raw import MAX_DEPTH, Malformed, cleaned
from bots.registry import BotInfo
from bots.services.receipts import Stale

PREFIX = "/api/webhook/"
MAX_BODY = 1024 * 1024
TELEGRAM_HEADER = "HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN"
MAX_UPDATE_ID = 2**63
# How often a bot may change under our hands while one update is taken.
LOOKS = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to Telegram: a status, JSON or nothing, further headers."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """The request is answered with an error status and nothing was done."""

    def __init__(self, status: int, code: str, **headers: str) -> None:
        super().__init__(code)
        self.answer = Answer(status, orjson.dumps({"error": code}), headers)


def token_of(path: str) -> str:
    """Return the hook token of a request's path, empty where the path is none of a webhook."""
    if not path.startswith(PREFIX) or not path.endswith("/"):
        return ""
    token = path[len(PREFIX) : -1]
    return "" if "/" in token else token


@csrf_exempt
def receive(request: HttpRequest, token: str) -> HttpResponse:
    """Answer an update as Django's view; the web server's way is bots/wsgi.py."""
    given = answer(token, request.META, request.META["wsgi.input"].read)
    return HttpResponse(
        given.body,
        status=given.status,
        headers={"Content-Type": "application/json", **given.headers},
    )


def answer(token: str, meta: dict[str, Any], read: Callable[[int], bytes]) -> Answer:
    """Answer 200 once the update is durably taken (or nothing of ours wants it).

    404 unknown address, 403 wrong secret, 413 over 1 MiB, 400 not an update, 405 not a POST, 500
    the handler failed (twice; then it is parked and 200), 503 the store is away. What Telegram
    never sends is parked at once and 200. `meta` is the WSGI environment; `read` gives the body,
    at most as many bytes as it is told.
    """
    if meta["REQUEST_METHOD"] != "POST":
        return Refusal(405, "method_not_allowed", Allow="POST").answer
    try:
        return Answer(200, _take(token, meta, read).encode())
    except Refusal as refusal:
        return refusal.answer


def _take(token: str, meta: dict[str, Any], read: Callable[[int], bytes]) -> str:
    update: dict[str, Any] | None = None
    for _look in range(LOOKS):
        try:
            bot = _find(token, meta)
            update = update or _read(meta, read)
            return dispatch(bot, update) if bot.answers else ""
        except Stale:
            registry.forget(token)
        except (StoreAway, DatabaseError):
            # looking up the bot may find the store away, too
            break
        except TryAgain:
            raise Refusal(500, "handler_failed") from None
    raise Refusal(503, "store_unavailable", **{"Retry-After": "5"})


def _find(token: str, meta: dict[str, Any]) -> BotInfo:
    bot = registry.find(token)
    if bot is None:
        raise Refusal(404, "unknown_webhook")
    if not bot.secret_is(meta.get(TELEGRAM_HEADER, "")):
        raise Refusal(403, "wrong_secret")
    return bot


def _read(meta: dict[str, Any], read: Callable[[int], bytes]) -> dict[str, Any]:
    """Return the update of the request's body."""
    body = _body(meta, read)
    try:
        update = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refusal(400, "not_json") from None
    update_id = update.get("update_id") if isinstance(update, dict) else None
    if isinstance(update_id, bool) or not isinstance(update_id, int):
        raise Refusal(400, "no_update_id")
    if not -MAX_UPDATE_ID <= update_id < MAX_UPDATE_ID:
        raise Refusal(400, "no_update_id")
    return _clean(body, update)


def _body(meta: dict[str, Any], read: Callable[[int], bytes]) -> bytes:
    told = str(meta.get("CONTENT_LENGTH") or "")
    # read no byte of what is too long: the header is all that is needed to refuse it
    if told and not (told.isdecimal() and int(told) <= MAX_BODY):
        raise Refusal(413, "too_large")
    # chunks tell no length, the server ends them; one byte too many is enough to know
    untold = MAX_BODY + 1 if meta.get("wsgi.input_terminated") else 0
    body = read(int(told) if told else untold)
    if len(body) > MAX_BODY:
        raise Refusal(413, "too_large")
    return body


def _clean(body: bytes, update: dict[str, Any]) -> dict[str, Any]:
    """Return the update without NUL characters, looking through it only where there may be one."""
    is_deep = body.count(b"{") + body.count(b"[") > MAX_DEPTH
    if not is_deep and b"\\u0000" not in body:
        return update
    try:
        return cleaned(update)  # type: ignore[no-any-return]
    except Malformed:
        raise Refusal(400, "too_deep") from None
