"""The Bot API as we use it: any call by its wire name, and the calls that manage a bot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from bots.gateways.errors import Refused
from bots.gateways.lines import Line


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Who a token belongs to."""

    id: int
    username: str
    name: str
    can_join_groups: bool = True
    reads_all_group_messages: bool = False


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """Where Telegram delivers a bot's updates, and how that goes."""

    url: str
    pending: int
    last_error: str = ""
    # stays after later successes: only a change of the webhook clears it
    last_error_at: datetime | None = None
    max_connections: int = 40
    # None: Telegram's default, all but chat_member and reactions
    allowed_updates: tuple[str, ...] | None = None


class Telegram(Protocol):
    """One bot at the Bot API. Every method raises what bots/gateways/errors.py names."""

    def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Make any Bot API call and return its `result` as JSON.

        Names are those of the wire, nested objects plain dicts and lists. A file of ours is a
        `pathlib.Path`, or `{"media": "path"}`; relative ones lie under MEDIA_ROOT. It may stand in
        a parameter of its own (`photo`) or inside one (`media` of editMessageMedia).
        """

    def me(self) -> BotIdentity:
        """Return who the token belongs to."""

    def set_webhook(
        self,
        url: str,
        *,
        secret: str,
        allowed_updates: Sequence[str],
        max_connections: int = 40,
        drop_pending: bool = False,
    ) -> None:
        """Have updates delivered to an address; `secret` is 1-256 of A-Za-z0-9_-."""

    def delete_webhook(self, *, drop_pending: bool = False) -> None:
        """Stop deliveries; harmless where there are none."""

    def webhook_info(self) -> WebhookInfo:
        """Return where updates go."""

    def set_commands(
        self, commands: Sequence[tuple[str, str]], *, language: str = "", scope: str = "default"
    ) -> None:
        """Set the command menu of a scope (default, all_private_chats, all_group_chats, …).

        `language` is an ISO 639-1 code of two letters, empty for all others. No commands at all
        removes the menu of that scope and language.
        """

    def updates(
        self, offset: int, *, timeout: int, allowed_updates: Sequence[str], line: Line | None = None
    ) -> list[dict[str, Any]]:
        """Wait up to `timeout` seconds for updates from `offset` on (long polling).

        `line` ends the wait from another thread; HungUp is raised then. No update is lost by that:
        Telegram keeps each one until a later `offset` confirms it.
        """


def connect(token: str) -> Telegram:
    """Return the bot of a token at TELEGRAM_API_URL; calls nobody yet."""
    return _Live(settings.TELEGRAM_API_URL, token)


class _Live:
    """The Bot API over HTTP; safe to use from any thread, free to make."""

    __slots__ = ("_base_url", "_token")

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url
        self._token = token

    def __repr__(self) -> str:
        return f"<Telegram bot {self._token.partition(':')[0]}>"

    def _ask(self, method: str, params: dict[str, Any], **how: Any) -> Any:
        # the library takes 0.1 s and 31 MiB to import, and most web processes never call
        from bots.gateways import library

        return library.ask(self._base_url, self._token, method, params, **how)

    def call(self, method: str, params: Mapping[str, Any]) -> Any:
        # a file that is a parameter of its own is uploaded under the parameter's name, one inside
        # another parameter under a name that stands in its place (Bot API, "Sending files")
        files = {name: _path(value) for name, value in params.items() if _is_file(value)}
        ready = {name: _detach(value, files) for name, value in params.items() if name not in files}
        if not files:
            return self._ask(method, ready)
        return self._ask(method, _attach(ready, files), has_files=True)

    def me(self) -> BotIdentity:
        user = self._ask("getMe", {})
        return BotIdentity(
            id=int(user["id"]),
            username=str(user.get("username", "")),
            name=str(user.get("first_name", "")),
            can_join_groups=bool(user.get("can_join_groups", True)),
            reads_all_group_messages=bool(user.get("can_read_all_group_messages", False)),
        )

    def set_webhook(
        self,
        url: str,
        *,
        secret: str,
        allowed_updates: Sequence[str],
        max_connections: int = 40,
        drop_pending: bool = False,
    ) -> None:
        self._ask(
            "setWebhook",
            {
                "url": url,
                # left out, Telegram would drop the secret it knows (Client.cpp)
                "secret_token": secret,
                "allowed_updates": list(allowed_updates),
                "max_connections": max_connections,
                "drop_pending_updates": drop_pending,
            },
        )

    def delete_webhook(self, *, drop_pending: bool = False) -> None:
        self._ask("deleteWebhook", {"drop_pending_updates": drop_pending})

    def webhook_info(self) -> WebhookInfo:
        info = self._ask("getWebhookInfo", {})
        failed_at = info.get("last_error_date")
        allowed = info.get("allowed_updates")
        return WebhookInfo(
            url=str(info.get("url", "")),
            pending=int(info.get("pending_update_count", 0)),
            last_error=str(info.get("last_error_message", "")),
            last_error_at=None if not failed_at else datetime.fromtimestamp(failed_at, UTC),
            max_connections=int(info.get("max_connections", 40)),
            allowed_updates=None if allowed is None else tuple(allowed),
        )

    def set_commands(
        self, commands: Sequence[tuple[str, str]], *, language: str = "", scope: str = "default"
    ) -> None:
        where: dict[str, Any] = {"scope": {"type": scope}}
        if language:
            where["language_code"] = language
        if not commands:
            self._ask("deleteMyCommands", where)
            return
        rows = [{"command": name, "description": text} for name, text in commands]
        self._ask("setMyCommands", {"commands": rows, **where})

    def updates(
        self, offset: int, *, timeout: int, allowed_updates: Sequence[str], line: Line | None = None
    ) -> list[dict[str, Any]]:
        from bots.gateways.library import KeptOpen

        found: list[dict[str, Any]] = self._ask(
            "getUpdates",
            {"offset": offset, "timeout": timeout, "allowed_updates": list(allowed_updates)},
            kept_open=KeptOpen(timeout, line or Line()),
        )
        return found


def _is_file(value: Any) -> bool:
    if isinstance(value, Path):
        return True
    return isinstance(value, dict) and value.keys() == {"media"} and isinstance(value["media"], str)


def _path(value: Any) -> Path:
    return Path(value if isinstance(value, Path) else value["media"])


def _detach(value: Any, files: dict[str, Path]) -> Any:
    """Return the value with each file of ours replaced by a name under which it is uploaded."""
    if _is_file(value):
        name = f"file{len(files)}"
        files[name] = _path(value)
        return f"attach://{name}"
    if isinstance(value, dict):
        return {name: _detach(inner, files) for name, inner in value.items()}
    if isinstance(value, list):
        return [_detach(inner, files) for inner in value]
    return value


def _attach(params: dict[str, Any], files: dict[str, Path]) -> dict[str, Any]:
    """Add the files' contents to the parameters.

    Raises:
        Refused: a file is gone (it can never be sent).
    """
    from bots.gateways.library import InputFile

    uploads = {}
    for name, path in files.items():
        try:
            content = (Path(settings.MEDIA_ROOT) / path).read_bytes()
        except OSError as error:
            raise Refused(400, f"the file {path.name} cannot be read") from error
        uploads[name] = InputFile(content, filename=path.name)
    return {**params, **uploads}
