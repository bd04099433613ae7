"""What can go wrong in a call to the Bot API, in our words; no message ever holds a token."""

from __future__ import annotations


class TelegramError(Exception):
    """A Bot API call did not do what it should."""


class Refused(TelegramError):
    """Telegram said no, and would again: `code` is its error code, `description` its words."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description


class Revoked(Refused):
    """The token is not valid (any more)."""


class Blocked(Refused):
    """The person blocked the bot or is gone, or the bot was removed from the chat."""


class NotModified(Refused):
    """An edit would change nothing: callers take it for success."""


class Conflict(Refused):
    """Somebody else polls with this token, or a webhook is set."""


class Migrated(Refused):
    """The group became a supergroup: send to `new_chat_id` from now on."""

    def __init__(self, code: int, description: str, new_chat_id: int) -> None:
        super().__init__(code, description)
        self.new_chat_id = new_chat_id


class Busy(TelegramError):
    """Too many calls: the whole bot must pause for `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"retry after {retry_after:g} s")
        self.retry_after = retry_after


class Held(Busy):
    """Our own limits hold the call back for `retry_after` seconds: nobody was asked."""


class Unreachable(TelegramError):
    """No usable answer. `unclear`: the call may have been performed all the same."""

    def __init__(self, reason: str, *, unclear: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unclear = unclear


class HungUp(TelegramError):
    """We ended the call ourselves, before its answer."""

    def __init__(self) -> None:
        super().__init__("the call was ended by us")


def from_answer(code: int, description: str, parameters: dict[str, object]) -> TelegramError:
    """Return the error for the Bot API's error answer; codes and texts as in Client.cpp there."""
    migrated = parameters.get("migrate_to_chat_id")
    if isinstance(migrated, int):
        return Migrated(code, description, migrated)
    if code == 429:
        retry_after = parameters.get("retry_after")
        return Busy(float(retry_after) if isinstance(retry_after, int | float) else 1.0)
    if code >= 500:
        return Unreachable(f"Telegram answered {code} {description}", unclear=True)
    return _refusal(code, description.lower())(code, description)


def _refusal(code: int, text: str) -> type[Refused]:
    # 404 is a malformed token, unless the text speaks of the method
    if code == 401 or (code == 404 and "method" not in text):
        return Revoked
    if code == 400 and "message is not modified" in text:
        return NotModified
    return {403: Blocked, 409: Conflict}.get(code, Refused)
