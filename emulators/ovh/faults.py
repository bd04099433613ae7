"""Faults that can be armed per host, method and path, for a number of calls."""

import threading
import time
from dataclasses import dataclass

import orjson

from emulators.ovh.auth import matches
from emulators.ovh.wire import ApiError, send
from emulators.wsgi import HTML, DropConnection, Environ, Start, answer, is_gone

KINDS = {
    "slow": "answers late",
    "timeout": "does nothing, waits, then hangs up",
    "drop": "hangs up before anything is done (connection reset)",
    "lost_answer": "does everything, then hangs up without an answer",
    "late_answer": "does everything, then waits before it answers",
    "ghost": "a checkout refuses what the stock list shows",
    "lost_option": "a cart takes an option and forgets it: the default is sold for it",
    "bare_item": "an item says null for the ids of its configuration",
    "throttled": "429, with Retry-After when given",
    "html": "an HTML error page, 502 unless told",
    "null": "an error with the JSON body `null`",
    "empty": "200 without a body",
    "status": "a JSON error, 500 unless told",
}
CHECKOUT = "/order/cart/*/checkout"
ITEM = "/order/cart/*/item/*"
OPTIONS = "/order/cart/*/eco/options"
BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>"
TOO_MANY = b"<html><body><h1>429 Too Many Requests</h1></body></html>"
SLICE = 0.25  # seconds between looks whether the client has left


@dataclass(slots=True)
class Fault:
    """`times` 0 means for ever. `path` is after the version; `*` stands for anything. `seconds`
    is for slow, timeout and late_answer, `status` for html, null and status, `message` for
    status."""

    kind: str
    host: str = ""
    method: str = ""
    path: str = "*"
    times: int = 1
    seconds: float = 60.0
    status: int = 0
    message: str = ""
    retry_after: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault kind {self.kind!r}: one of {', '.join(KINDS)}")
        if self.kind == "ghost" and self.path == "*":
            self.method, self.path = "POST", CHECKOUT
        if self.kind == "lost_option" and self.path == "*":
            self.method, self.path = "POST", OPTIONS
        if self.kind == "bare_item" and self.path == "*":
            self.method, self.path = "GET", ITEM

    def fits(self, host: str, method: str, path: str) -> bool:
        """It strikes this call."""
        return (
            self.host in ("", host)
            and self.method.upper() in ("", method)
            and matches(self.path, path)
        )


class Faults:
    """The faults that are armed now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Arm one."""
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed.clear()

    def armed(self) -> list[Fault]:
        """What may still strike."""
        with self._lock:
            return list(self._armed)

    def take(self, host: str, method: str, path: str) -> Fault | None:
        """The first fault that fits this call, used up by one."""
        with self._lock:
            for fault in self._armed:
                if not fault.fits(host, method, path):
                    continue
                if fault.times == 1:
                    self._armed.remove(fault)
                elif fault.times > 1:
                    fault.times -= 1
                return fault
        return None


def wait(fault: Fault, environ: Environ) -> None:
    """Let the client wait, until it leaves."""
    until = time.monotonic() + fault.seconds
    while (left := until - time.monotonic()) > 0 and not is_gone(environ, min(left, SLICE)):
        pass


def spoil(
    fault: Fault, host: str, environ: Environ, start: Start
) -> tuple[int, list[bytes]] | None:
    """The answer that replaces the work, with its status; None when the work goes on.
    Raises DropConnection."""
    if fault.kind in ("slow", "timeout"):
        wait(fault, environ)
    if fault.kind in ("timeout", "drop"):
        raise DropConnection
    if fault.kind == "throttled":
        return 429, answer(start, 429, TOO_MANY, HTML, retry_after(fault))
    if fault.kind == "html":
        status = fault.status or 502
        return status, answer(start, status, BAD_GATEWAY, HTML)
    if fault.kind not in ("null", "empty", "status"):
        return None
    body = b"null" if fault.kind == "null" else b""
    status = 200 if fault.kind == "empty" else fault.status or 500
    if fault.kind == "status":
        body = orjson.dumps(ApiError(status, fault.message or "Internal server error").as_json())
    return status, send(start, host, status, body)


def retry_after(fault: Fault) -> list[tuple[str, str]]:
    """The header, when wanted."""
    return [] if fault.retry_after is None else [("Retry-After", str(fault.retry_after))]
