"""The emulator: a bearer token, a few routes of JSON, and a Python face for tests."""

import hmac
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from emulators.clock import Clock
from emulators.faults import Fault, Faults
from emulators.forms import load_object
from emulators.tidewater.state import (
    ACCOUNT,
    GB,
    HOUR,
    REGIONS,
    TOKEN,
    Operation,
    Server,
    State,
    month,
    server_row,
)
from emulators.wsgi import DropConnection, Environ, HttpError, Json, Start, answer_json, read_body

PREFIX = "/tidewater"
# action: (the state it asks for, while it lasts, afterwards)
ACTIONS = {
    "stop": ("on", "stopping", "off"),
    "start": ("off", "starting", "on"),
    "reboot": ("on", "rebooting", "on"),
}
SECONDS = 10.0  # a power action


class TidewaterEmulator:
    """`app` serves it below its own root and below /tidewater."""

    def __init__(self, data_dir: Path | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.state = State(data_dir, self.clock)
        self.faults = Faults()
        self._routes: tuple[tuple[str, str, Callable[..., Json]], ...] = (
            ("GET", r"/v1/account", self._account),
            ("GET", r"/v1/servers", self._servers),
            ("GET", r"/v1/transfers", self._transfers),
            ("GET", r"/v1/servers/([^/]+)/traffic", self._traffic),
            ("POST", r"/v1/operations", self._operate),
            ("GET", r"/v1/operations/([^/]+)", self._operation),
        )

    # -- for tests --------------------------------------------------------------------------

    def server(self, name: str) -> Server:
        """A server by its name; raises StopIteration."""
        with self.state.lock:
            self.state.settle()
            return next(one for one in self.state.servers.values() if one.name == name)

    def use(self, name: str, gigabytes: float) -> None:
        """Let a server have sent this much more."""
        with self.state.lock:
            server = self.server(name)
            server.sent_before += round(gigabytes * GB)
            self.state.keep(server)

    def fault(self, kind: str, **more: Any) -> None:
        """Arm a fault of emulators.faults; `method` is the path."""
        self.faults.add(Fault(kind, **more))

    def reset(self) -> None:
        """Back to the first world."""
        with self.state.lock:
            self.state.store.clear()
            self.faults.clear()
            self.state.populate()

    def close(self) -> None:
        """Write everything to disk."""
        self.state.store.close()

    # -- HTTP -------------------------------------------------------------------------------

    def app(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """The WSGI callable."""
        path = str(environ["PATH_INFO"]).removeprefix(PREFIX)
        try:
            return answer_json(start, self._serve(path, environ))
        except HttpError as error:
            body = {"error": {"code": str(error.status), "message": error.text}}
            return answer_json(start, body, error.status)
        except (KeyError, ValueError) as error:
            body = {"error": {"code": "400", "message": f"bad request: {error!r}"}}
            return answer_json(start, body, 400)

    def _serve(self, path: str, environ: Environ) -> Json:
        fault = self.faults.take(None, path)
        if fault is not None and fault.kind == "drop":
            raise DropConnection
        if fault is not None:
            raise HttpError(fault.status, fault.description or "emulated failure")
        given = str(environ.get("HTTP_AUTHORIZATION", ""))
        if not hmac.compare_digest(given.encode(), f"Bearer {ACCOUNT}.{TOKEN}".encode()):
            raise HttpError(401, "unknown account or token")
        query = dict(parse_qsl(str(environ.get("QUERY_STRING", ""))))
        values = query | load_object(read_body(environ) or b"{}")
        for method, pattern, handler in self._routes:
            found = re.fullmatch(pattern, path)
            if found and method == environ["REQUEST_METHOD"]:
                with self.state.lock:
                    self.state.settle()
                    return handler(values, *found.groups())
        raise HttpError(404, "not found")

    def _account(self, _values: Json) -> Json:
        return {"id": ACCOUNT, "regions": list(REGIONS)}

    def _servers(self, values: Json) -> Json:
        rows = [
            server_row(server)
            for server in self.state.servers.values()
            if values.get("region", server.region) == server.region
        ]
        return {"servers": rows}

    def _transfers(self, _values: Json) -> Json:
        start, end = month(self.clock.time())
        rows = [
            {
                "id": f"transfer-{server.id}",
                "server": server.id,
                "limit_bytes": server.limit,
                "used_bytes": min(self._used(server, start.timestamp()), server.limit),
                "starts": start.isoformat(),
                "ends": end.isoformat(),
            }
            for server in self.state.servers.values()
        ]
        return {"transfers": rows}

    def _used(self, server: Server, start: float) -> int:
        before = server.sent_before if server.log[0][0] >= start else 0
        return before + self.state.sent(server, start, self.clock.time())

    def _traffic(self, values: Json, name: str) -> Json:
        server = self.state.servers.get(name)
        if server is None:
            raise HttpError(404, "no such server")
        at = datetime.fromisoformat(values["since"]).timestamp() // HOUR * HOUR
        end = min(datetime.fromisoformat(values["until"]).timestamp(), self.clock.time())
        hours = []
        while at < end:
            if size := self.state.sent(server, at, min(at + HOUR, end)):
                hours.append({"hour": int(at), "bytes": size})
            at += HOUR
        return {"hours": hours}

    def _operate(self, values: Json) -> Json:
        wanted, during, then = ACTIONS[values["action"]]
        servers = [self.state.servers.get(name) for name in values["servers"]]
        if None in servers or not servers:
            raise HttpError(404, "no such server")
        found = [server for server in servers if server is not None]
        if any(server.state != wanted for server in found):
            raise HttpError(409, f"not {wanted}")
        now = self.clock.time()
        name = f"op-{len(self.state.operations) + 1:06d}"
        for server in found:
            server.state, server.then, server.due = during, then, now + SECONDS
            self.state.keep(server)
        self.state.keep_operation(Operation(name, list(values["servers"]), now + SECONDS))
        return {"operation": name}

    def _operation(self, _values: Json, name: str) -> Json:
        operation = self.state.operations.get(name)
        if operation is None:
            raise HttpError(404, "no such operation")
        state = "ok" if operation.due <= self.clock.time() else "working"
        return {"state": state, "servers": dict.fromkeys(operation.servers, state)}
