"""What bots say, as Bot API calls."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.html import strip_tags
from django.utils.safestring import SafeData

from bots.buttons import Button

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

# Bot API limits, in characters after entity parsing
MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_TOAST = 200


@dataclass(frozen=True, slots=True)
class Link:
    """A button that opens an address."""

    text: Text
    url: str


@dataclass(frozen=True, slots=True)
class Press:
    """A button that comes back to us as a typed Button."""

    text: Text
    button: Button


Keyboard = Sequence[Sequence[Link | Press]]


@dataclass(slots=True)
class Call:
    """One Bot API call that a handler or a task wants made."""

    method: str
    chat_id: int | None
    params: dict[str, Any]
    # bots.models.PostedMessage.slot: keeps the message's id under a name, or edits what it names
    slot: str = ""
    priority: int = 0
    due_at: datetime | None = None
    broadcast_id: int | None = None

    def may_travel_in_response(self) -> bool:
        """Tell whether nobody needs this call's result and no file goes with it."""
        return not self.slot and "photo" not in self.params

    def for_response(self) -> dict[str, Any]:
        """Return the call as Telegram reads it from a webhook's response."""
        chat = {} if self.chat_id is None else {"chat_id": self.chat_id}
        return {"method": self.method, **chat, **self.params}


@dataclass(frozen=True, slots=True)
class Media:
    """A file of ours that is uploaded when the message is sent."""

    path: str


def text_params(text: Text, limit: int, name: str = "text") -> dict[str, Any]:
    """Return the parameters of a text; HTML only where it was built with `format_html`.

    Plain text needs no escaping, so whatever people call themselves or their prizes comes out as
    they wrote it. A text over the limit is cut with an ellipsis rather than lost.
    """
    plain = str(text)
    if isinstance(text, SafeData):
        shown = html.unescape(strip_tags(plain))
        if units(shown) <= limit:
            return {name: plain, "parse_mode": "HTML"}
        # cutting HTML would break a tag: the words matter more than their looks
        plain = shown
    if units(plain) > limit:
        plain = plain.encode("utf-16-le")[: (limit - 1) * 2].decode("utf-16-le", "ignore") + "…"
    return {name: plain}


def units(text: str) -> int:
    """Return a text's length as Telegram counts it, in UTF-16 units: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def keyboard_params(keyboard: Keyboard | None) -> dict[str, Any]:
    """Return `reply_markup` for inline buttons; nothing for None, an empty one to remove them."""
    if keyboard is None:
        return {}
    rows = [[_key(key) for key in row] for row in keyboard]
    return {"reply_markup": {"inline_keyboard": rows}}


def _key(key: Link | Press) -> dict[str, str]:
    if isinstance(key, Link):
        return {"text": str(key.text), "url": key.url}
    return {"text": str(key.text), "callback_data": key.button.pack()}


def send(
    chat_id: int,
    text: Text,
    *,
    keyboard: Keyboard | None = None,
    photo: Media | None = None,
    slot: str = "",
    priority: int = 0,
) -> Call:
    """Return the call that says `text` in a chat, under a photo where one is given."""
    if photo is not None:
        params = {"photo": {"media": photo.path}, **text_params(text, MAX_CAPTION, "caption")}
        return Call("sendPhoto", chat_id, params | keyboard_params(keyboard), slot, priority)
    params = text_params(text, MAX_TEXT) | keyboard_params(keyboard)
    return Call("sendMessage", chat_id, params, slot, priority)


def edit(  # noqa: PLR0913 - keywords only, each used alone
    chat_id: int,
    message_id: int | None,
    text: Text,
    *,
    keyboard: Keyboard | None = None,
    has_photo: bool = False,
    slot: str = "",
    priority: int = 0,
) -> Call:
    """Return the call that changes a message; without a message id the slot tells which."""
    params = text_params(text, MAX_CAPTION, "caption") if has_photo else text_params(text, MAX_TEXT)
    where = {} if message_id is None else {"message_id": message_id}
    return Call(
        "editMessageCaption" if has_photo else "editMessageText",
        chat_id,
        where | params | keyboard_params(keyboard),
        slot,
        priority,
    )


def toast(callback_id: str, text: Text = "", *, alert: bool = False) -> Call:
    """Return the answer to a press; an empty one only ends the button's progress bar."""
    params: dict[str, Any] = {"callback_query_id": callback_id}
    if text:
        params["text"] = str(text)[:MAX_TOAST]
    if alert:
        params["show_alert"] = True
    return Call("answerCallbackQuery", None, params)


@dataclass(slots=True)
class Effects:
    """The calls one update wants made, in the order its handler asked for them."""

    calls: list[Call] = field(default_factory=list)

    def split(self, *, response: bool, free_chat: int) -> tuple[Call | None, list[Call]]:
        """Return the call that travels in the webhook's response, and those for the outbox.

        The answer to a press goes first; else a message, if it is the only one and goes to
        `free_chat`, a private chat for which nothing waits in the outbox (0: none): it must not
        overtake what was said before, nor be overtaken, and a group's limit of 20 a minute is
        kept by the outbox alone.
        """
        if not response:
            return None, self.calls
        for number, call in enumerate(self.calls):
            if call.method == "answerCallbackQuery":
                return call, self.calls[:number] + self.calls[number + 1 :]
        if len(self.calls) == 1:
            only = self.calls[0]
            if only.may_travel_in_response() and only.chat_id == free_chat > 0:
                return only, []
        return None, self.calls
