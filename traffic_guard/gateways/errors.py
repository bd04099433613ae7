"""What can go wrong at a cloud, in our words; no message holds a key, a body or HTML."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

LONGEST_MESSAGE = 300


class Kind(StrEnum):
    """Why the cloud refused."""

    CREDENTIAL = "credential"  # access key unknown or disabled, or the secret is wrong
    DENIED = "denied"  # the keys lack a right: `action` names it
    FROZEN = "frozen"  # the account or the server is frozen, or there is no balance
    WRONG_SITE = "wrong_site"  # the account belongs to another website of the cloud
    CONFLICT = "conflict"  # the server's state does not allow it
    LOCKED = "locked"  # the server is locked
    RUNNING_COMMAND = "running_command"  # another command is at work on the server
    NOT_FOUND = "not_found"
    BLANK_KEYS = "blank_keys"  # ours: nothing was sent
    BATCH = "batch"  # one of many failed: ask for each alone
    OTHER = "other"


class CloudError(Exception):
    """A call did not do what it should."""

    def __reduce__(self) -> tuple[Any, ...]:
        # an exception with named arguments cannot be unpickled without help
        return _rebuilt, (type(self), dict(self.__dict__))


class Refused(CloudError):
    """The cloud said no, and would again: `code` is its error code, `message` its words.

    `api` is the service that refused, `action` the right that the call needs. `code` "" is our
    own refusal: nothing was sent.
    """

    def __init__(
        self, code: str, message: str, *, kind: Kind = Kind.OTHER, api: str = "", action: str = ""
    ) -> None:
        super().__init__(f"{code} {message}".strip())
        self.code = code
        self.message = message
        self.kind = kind
        self.api = api
        self.action = action


class Busy(CloudError):
    """Too many calls, and this one was not carried out: try again in `retry_after` seconds.

    `api` is the service that said so; "": our own limiter did, and nothing was sent.
    """

    def __init__(self, retry_after: float, api: str = "") -> None:
        super().__init__(f"retry after {retry_after:g} s")
        self.retry_after = retry_after
        self.api = api


class Unreachable(CloudError):
    """No usable answer. `unclear`: a stop, start or reboot may have been carried out all the same,
    so read the servers' state and do not send it again blindly."""

    def __init__(self, reason: str, *, unclear: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unclear = unclear


def _rebuilt(kind: type[CloudError], fields: dict[str, Any]) -> CloudError:
    return kind(**fields)
