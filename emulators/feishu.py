"""A strict fake of Feishu's custom-bot webhook."""

import base64
import hashlib
import hmac
import ipaddress
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson

from emulators.clock import Clock
from emulators.faults import Fault, Faults
from emulators.feishu_content import Malformed, check
from emulators.forms import load_object
from emulators.storage import Store
from emulators.wsgi import (
    DropConnection,
    Environ,
    HttpError,
    Json,
    Start,
    answer_json,
    is_gone,
    read_body,
)

DEMO_KEY = "demo-hook-0000-4000-8000-000000000001"  # no signature asked
SIGNED_KEY = "demo-hook-0000-4000-8000-000000000002"
SIGNED_SECRET = "demoFeishuSigningSecret"  # noqa: S105 - public, opens nothing
HOOK = "/open-apis/bot/v2/hook/"
PREFIX = "/feishu"
MAX_BODY = 20 * 1024
CLOCK_SKEW = 3600
PER_SECOND, PER_MINUTE = 5, 100
SHARP = 60  # seconds after each hour and half-hour in which the platform is crowded
FREQUENT = "frequency limited psm[lark.oapi.app_platform_runtime]"
SUCCESS: Json = {
    "code": 0,
    "msg": "success",
    "data": {},
    "StatusCode": 0,
    "StatusMessage": "success",
}


class Refused(Exception):
    """An error code of Feishu; it usually travels with HTTP 200."""

    def __init__(self, code: int, text: str, status: int = 200) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status


@dataclass(slots=True)
class Hook:
    """One custom bot of one group."""

    key: str
    secret: str = ""
    keywords: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)  # who may send: `1.2.3.*`, a network


def sign(timestamp: str, secret: str) -> str:
    """The signature Feishu expects: the text is the key, the message is empty."""
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def sender(environ: Environ) -> str:
    """The address a message comes from; all are local, unless a proxy's header says otherwise."""
    return str(environ.get("HTTP_X_FORWARDED_FOR", "127.0.0.1")).partition(",")[0].strip()


def is_within(address: str, allowed: str) -> bool:
    """An address is one of those that an entry of a bot's list names."""
    if allowed.endswith(".*"):
        return address.startswith(allowed[:-1])
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(allowed, strict=False)
    except ValueError:
        return False


class FeishuEmulator:
    """`app` serves it below its own root and below /feishu."""

    def __init__(self, data_dir: Path | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.enforced = True
        self.sharp_hours = False  # refuse at 10:00 and 17:30, as the crowded platform may
        self._lock = threading.RLock()
        self._store = Store(data_dir / "feishu.sqlite3" if data_dir else None, self._lock)
        self._faults = Faults()
        self._moments: dict[str, deque[float]] = {}
        self.hooks: dict[str, Hook] = {}
        self._messages: list[Json] = []
        self._load()

    def _load(self) -> None:
        self.add_hook(DEMO_KEY)
        self.add_hook(SIGNED_KEY, SIGNED_SECRET)
        for _, row in self._store.rows("hooks"):
            self.hooks[row["key"]] = Hook(**row)
        self._messages = [row for _, row in self._store.rows("messages")]

    # -- for tests --------------------------------------------------------------------------

    def add_hook(
        self,
        key: str,
        secret: str = "",
        keywords: Iterable[str] = (),
        addresses: Iterable[str] = (),
    ) -> Hook:
        """A custom bot with a signature secret, required keywords and allowed senders, if given."""
        hook = Hook(key, secret, list(keywords), list(addresses))
        self.hooks[key] = hook
        self._store.put("hooks", key, hook)
        return hook

    def messages(self, key: str = "") -> list[Json]:
        """Accepted messages: key, at, body."""
        with self._lock:
            return [message for message in self._messages if key in ("", message["key"])]

    def fault(self, kind: str, **more: Any) -> None:
        """Arm a fault; `method` is the hook's key, `status` below 600 is HTTP, else a code."""
        self._faults.add(Fault(kind, **more))

    def clear_faults(self) -> None:
        """Disarm all."""
        self._faults.clear()

    def reset(self) -> None:
        """Forget messages, faults, counters and added hooks."""
        with self._lock:
            self._store.clear()
            self.hooks.clear()
            self._messages.clear()
            self._moments.clear()
            self._faults.clear()
            self._load()

    def close(self) -> None:
        """Write everything to disk."""
        self._store.close()

    # -- HTTP ---------------------------------------------------------------------------------

    def app(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """The WSGI callable."""
        path = str(environ["PATH_INFO"]).removeprefix(PREFIX)
        try:
            if path.startswith(HOOK):
                return self._serve_hook(path.removeprefix(HOOK), environ, start)
            if path.startswith("/control/"):
                status, value = self._control(path[8:], environ)
                return answer_json(start, value, status)
        except Refused as error:
            return answer_json(
                start, {"code": error.code, "msg": error.text, "data": {}}, error.status
            )
        except HttpError as error:
            return answer_json(start, {"error": error.text}, error.status)
        except (KeyError, TypeError, ValueError) as error:
            return answer_json(start, {"error": f"bad request: {error!r}"}, 400)
        return answer_json(start, {"code": 404, "msg": "404 page not found"}, 404)

    def _serve_hook(self, key: str, environ: Environ, start: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            raise Refused(9499, "Bad Request", 400)
        fault = self._faults.take(None, key)
        if fault is not None:
            self._before(fault, environ)
        with self._lock:
            self._accept(key, read_body(environ), sender(environ))
        if fault is not None and fault.kind == "lost_answer":
            raise DropConnection
        return answer_json(start, SUCCESS)

    def _before(self, fault: Fault, environ: Environ) -> None:
        if fault.kind == "status":
            http = fault.status < 600
            code = 11232 if http and fault.status == 429 else fault.status
            text = fault.description or "emulated failure"
            raise Refused(code, text, fault.status if http else 200)
        if fault.kind in ("timeout", "slow"):
            until = time.monotonic() + fault.seconds
            while (left := until - time.monotonic()) > 0 and not is_gone(environ, min(left, 0.25)):
                pass
        if fault.kind in ("timeout", "drop"):
            raise DropConnection

    def _accept(self, key: str, raw: bytes, address: str) -> None:
        hook = self.hooks.get(key)
        if hook is None:
            raise Refused(19001, "param invalid: incoming webhook access token invalid")
        if hook.addresses and not any(is_within(address, allowed) for allowed in hook.addresses):
            raise Refused(19022, "Ip Not Allowed")
        if len(raw) > MAX_BODY:
            raise Refused(9499, "Bad Request")
        try:
            body = load_object(raw)
        except HttpError as error:
            raise Refused(9499, "Bad Request") from error
        if hook.secret:
            self._check_signature(hook, body)
        try:
            check(body)
        except Malformed as error:
            raise Refused(9499, f"Bad Request: {error}") from error
        if hook.keywords and not any(word in orjson.dumps(body).decode() for word in hook.keywords):
            raise Refused(19024, "Key Words Not Found")
        self._count(key)
        message = {"key": key, "at": self.clock.time(), "body": body}
        self._messages.append(message)
        self._store.put("messages", f"{len(self._messages):09d}", message)

    def _check_signature(self, hook: Hook, body: Json) -> None:
        timestamp, given = str(body.get("timestamp", "")), str(body.get("sign", ""))
        fresh = timestamp.isdigit() and abs(self.clock.time() - int(timestamp)) <= CLOCK_SKEW
        if not fresh or not hmac.compare_digest(
            given.encode(), sign(timestamp, hook.secret).encode()
        ):
            raise Refused(
                19021, "sign match fail or timestamp is not within one hour from current time"
            )

    def _count(self, key: str) -> None:
        if not self.enforced:
            return
        now, moments = self.clock.time(), self._moments.setdefault(key, deque())
        if self.sharp_hours and now % 1800 < SHARP:
            raise Refused(11232, FREQUENT)
        while moments and moments[0] <= now - 60:
            moments.popleft()
        last_second = sum(moment > now - 1 for moment in moments)
        if last_second >= PER_SECOND or len(moments) >= PER_MINUTE:
            raise Refused(11232, FREQUENT)
        moments.append(now)

    def _control(self, path: str, environ: Environ) -> tuple[int, Any]:
        method = environ["REQUEST_METHOD"]
        values = load_object(read_body(environ) or b"{}") if method == "POST" else {}
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        done: Any = {"done": True}
        match method, path:
            case "GET", "/messages":
                done = {"messages": self.messages(query.get("key", ""))}
            case "GET", "/hooks":
                done = {"hooks": list(self.hooks.values())}
            case "POST", "/hooks":
                done = self.add_hook(**values)
            case "POST", "/faults":
                self.fault(**values)
            case "DELETE", "/faults":
                self.clear_faults()
            case "POST", "/limits":
                self.enforced = bool(values.get("enforced", self.enforced))
                self.sharp_hours = bool(values.get("sharp_hours", self.sharp_hours))
            case "POST", "/reset":
                self.reset()
            case _:
                raise HttpError(404, "not found")
        return 201 if path in ("/hooks", "/faults") and method == "POST" else 200, done
