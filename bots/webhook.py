"""`POST /api/webhook/<token>/`: where Telegram hands over updates."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from bots import registry
from bots.dispatch import StoreAway, TryAgain, dispatch
from bots.raw import MAX_DEPTH, Malformed, cleaned
from bots.registry import BotInfo
from bots.services.receipts import Stale

MAX_BODY = 1024 * 1024
TELEGRAM_HEADER = "HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN"
MAX_UPDATE_ID = 2**63
# How often a bot may change under our hands while one update is taken.
LOOKS = 3


class Refusal(Exception):
    """The request is answered with an error status and nothing was done."""

    def __init__(self, status: int, code: str, **headers: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = headers

    def response(self) -> HttpResponse:
        """Return the answer: JSON with the code."""
        return JsonResponse({"error": self.code}, status=self.status, headers=self.headers)


@csrf_exempt
def receive(request: HttpRequest, token: str) -> HttpResponse:
    """Answer 200 once the update is durably taken (or nothing of ours wants it).

    404 unknown address, 403 wrong secret, 413 over 1 MiB, 400 not an update, 405 not a POST, 500
    the handler failed (twice; then it is parked and 200), 503 the store is away. What Telegram
    never sends is parked at once and 200.
    """
    if request.method != "POST":
        return Refusal(405, "method_not_allowed", Allow="POST").response()
    try:
        return HttpResponse(_take(request, token), content_type="application/json")
    except Refusal as refusal:
        return refusal.response()


def _take(request: HttpRequest, token: str) -> str:
    update: dict[str, Any] | None = None
    for _look in range(LOOKS):
        try:
            bot = _find(request, token)
            update = update or _read(request)
            return dispatch(bot, update) if bot.answers else ""
        except Stale:
            registry.forget(token)
        except (StoreAway, DatabaseError):
            # looking up the bot may find the store away, too
            break
        except TryAgain:
            raise Refusal(500, "handler_failed") from None
    raise Refusal(503, "store_unavailable", **{"Retry-After": "5"})


def _find(request: HttpRequest, token: str) -> BotInfo:
    bot = registry.find(token)
    if bot is None:
        raise Refusal(404, "unknown_webhook")
    if not bot.secret_is(request.META.get(TELEGRAM_HEADER, "")):
        raise Refusal(403, "wrong_secret")
    return bot


def _read(request: HttpRequest) -> dict[str, Any]:
    """Return the update of the request's body."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    # read no byte of what is too long: the header is all that is needed to refuse it
    if not length.isdecimal() or int(length) > MAX_BODY:
        raise Refusal(413, "too_large")
    try:
        update = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise Refusal(400, "not_json") from None
    update_id = update.get("update_id") if isinstance(update, dict) else None
    if isinstance(update_id, bool) or not isinstance(update_id, int):
        raise Refusal(400, "no_update_id")
    if not -MAX_UPDATE_ID <= update_id < MAX_UPDATE_ID:
        raise Refusal(400, "no_update_id")
    return _clean(request.body, update)


def _clean(body: bytes, update: dict[str, Any]) -> dict[str, Any]:
    """Return the update without NUL characters, looking through it only where there may be one."""
    is_deep = body.count(b"{") + body.count(b"[") > MAX_DEPTH
    if not is_deep and b"\\u0000" not in body:
        return update
    try:
        return cleaned(update)  # type: ignore[no-any-return]
    except Malformed:
        raise Refusal(400, "too_deep") from None
