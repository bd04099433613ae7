"""Checks reply markups as the server does."""

from typing import Any
from urllib.parse import urlsplit

from emulators.telegram.errors import bad
from emulators.telegram.params import Params
from emulators.wsgi import Json

MAX_BUTTONS = 100
MAX_PER_ROW = 8
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
STYLES = ("danger", "success", "primary")


def read_markup(params: Params, *, inline_only: bool = False) -> Json | None:
    """The checked `reply_markup`; raises ApiError 400 in Telegram's words."""
    markup = params.json("reply_markup", "can't parse reply keyboard markup JSON object")
    if markup is None or markup == {}:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" in markup:
        return inline_keyboard(markup["inline_keyboard"])
    if inline_only:
        raise bad("inline keyboard expected")
    if "keyboard" in markup:
        rows = checked_rows(markup["keyboard"], "keyboard")
        markup = {**markup, "keyboard": [[keyboard_button(one) for one in row] for row in rows]}
    return markup


def inline_keyboard(value: Any) -> Json | None:
    """An inline keyboard without its empty rows; None when nothing is left."""
    rows = checked_rows(value, "inline_keyboard")
    for row in rows:
        for button in row:
            check_button(button)
    return {"inline_keyboard": rows} if rows else None


def checked_rows(value: Any, name: str) -> list[list[Any]]:
    """Rows of buttons within the size limits."""
    if not isinstance(value, list):
        raise bad(f'field "{name}" of the reply markup must be of type Array')
    if not all(isinstance(row, list) for row in value):
        raise bad(f'field "{name}" must be an Array of Arrays')
    rows = [row for row in value if row]
    if sum(map(len, rows)) > MAX_BUTTONS or any(len(row) > MAX_PER_ROW for row in rows):
        raise bad("reply markup is too long")
    return rows


def keyboard_button(button: Any) -> Json:
    """A button of a reply keyboard; plain strings are allowed there."""
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict) or not button.get("text"):
        raise bad("can't parse keyboard button: Text must be non-empty")
    return button


def check_button(button: Any) -> None:
    """One inline button: a text and exactly one valid action."""
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not text.strip():
        raise bad("BUTTON_TEXT_INVALID")
    if button.get("style") not in (None, *STYLES):
        raise bad("can't parse inline keyboard button: Unknown button style specified")
    actions = [name for name in ACTIONS if name in button]
    if not actions:
        raise bad(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(actions) > 1:
        raise bad("BUTTON_TYPE_INVALID")
    check_action(text, actions[0], button[actions[0]])


def check_action(text: str, action: str, value: Any) -> None:
    """The limits of one action."""
    if action == "callback_data" and not 1 <= len(str(value).encode()) <= 64:
        raise bad("BUTTON_DATA_INVALID")
    if action == "url":
        check_url(text, str(value))
    if action == "web_app":
        url = str(value.get("url", "")) if isinstance(value, dict) else ""
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise bad(
                f"inline keyboard button Web App URL '{url}' is invalid:"
                " Only HTTPS links are allowed"
            )
    if action == "copy_text":
        copied = value.get("text", "") if isinstance(value, dict) else ""
        if not 1 <= len(copied) <= 256:
            raise bad("BUTTON_COPY_TEXT_INVALID")


def check_url(_text: str, url: str) -> None:
    """http, https, tg and ton links; a host needs a dot, except on this machine."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme in ("tg", "ton"):
        return
    if parts.scheme not in ("http", "https"):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    host = parts.hostname or ""
    if "." not in host and host not in LOOPBACK:
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
