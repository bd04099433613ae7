"""Faults that can be armed per service and path, for a number of calls."""

import threading
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase

from emulators.huawei.wire import ApiError, send
from emulators.wsgi import HTML, DropConnection, Environ, Start, answer, is_gone, status_line

KINDS = {
    "slow": "answers late",
    "timeout": "does nothing, waits, then hangs up",
    "drop": "hangs up before anything is done (connection reset)",
    "lost_answer": "does everything, then hangs up without an answer",
    "late_answer": "does everything, then waits before it answers",
    "throttled": "429, with Retry-After when given",
    "html": "an HTML page, 502 unless told",
    "empty": "200 without a body",
    "list": "200 with the body []",
    "redirect": "302 to a page",
    "status": "a JSON error, 500 unless told",
    "late_html": "does everything, then answers with an HTML page, 200 unless told",
    "lie": "a job says that it worked, and nothing happened",
    "job_fail": "a job fails",
}
ACTION = "/v1/*/cloudservers/action"
REPLACING = ("throttled", "html", "empty", "list", "redirect", "status")
PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>"
SLICE = 0.25  # seconds between looks whether the client has left


@dataclass(slots=True)
class Fault:
    """`times` 0 means for ever. `service` "" is any, `path` begins after the service's prefix and
    `*` stands for anything. `seconds` is for slow, timeout and late_answer, `status`, `code` and
    `message` for the kinds that answer an error."""

    kind: str
    service: str = ""
    path: str = "*"
    times: int = 1
    seconds: float = 60.0
    status: int = 0
    code: str = ""
    message: str = ""
    retry_after: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault kind {self.kind!r}: one of {', '.join(KINDS)}")
        if self.kind in ("lie", "job_fail") and self.path == "*":
            self.service, self.path = "ecs", ACTION

    def fits(self, service: str, path: str) -> bool:
        """It strikes this call."""
        return self.service in ("", service) and fnmatchcase(path, self.path)


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

    def take(self, service: str, path: str) -> Fault | None:
        """The first fault that fits this call, used up by one."""
        with self._lock:
            for fault in self._armed:
                if not fault.fits(service, path):
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
    fault: Fault, service: str, environ: Environ, start: Start
) -> tuple[int, list[bytes]] | None:
    """The answer that replaces the work, with its status; None when the work goes on.
    Raises DropConnection."""
    if fault.kind in ("slow", "timeout"):
        wait(fault, environ)
    if fault.kind in ("timeout", "drop"):
        raise DropConnection
    return replaced(fault, service, start) if fault.kind in REPLACING else None


def replaced(fault: Fault, service: str, start: Start) -> tuple[int, list[bytes]]:
    """An answer that says nothing of the work."""
    if fault.kind in ("html", "late_html"):
        status = fault.status or (502 if fault.kind == "html" else 200)
        return status, answer(start, status, PAGE, HTML)
    if fault.kind == "redirect":
        target = "https://auth.huaweicloud.com/authui/login"
        start(status_line(302), [("Location", target), ("Content-Length", "0")])
        return 302, [b""]
    if fault.kind in ("empty", "list"):
        return 200, send(start, 200, b"" if fault.kind == "empty" else b"[]")
    status = fault.status or (429 if fault.kind == "throttled" else 500)
    code = fault.code or ("APIGW.0308" if status == 429 else f"{service}.0999")
    body = ApiError(status, code, fault.message or "emulated failure").body(service)
    wanted = [] if fault.retry_after is None else [("Retry-After", str(fault.retry_after))]
    return status, send(start, status, body, wanted)
