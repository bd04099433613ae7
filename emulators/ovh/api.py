"""Serves `/<host>/1.0/...`: faults first, then who calls, then the work."""

from collections import deque
from collections.abc import Iterable

import orjson

from emulators.ovh.auth import authenticate
from emulators.ovh.faults import Fault, Faults, spoil, wait
from emulators.ovh.hosts import Host
from emulators.ovh.routes import OWN_CHECK, PUBLIC, find_route
from emulators.ovh.state import State
from emulators.ovh.stock import Snapshot
from emulators.ovh.wire import JSON, ApiError, Call, query_id, read_call, send
from emulators.wsgi import DropConnection, Environ, Json, Start, answer

KEPT_CALLS = 20000


class Api:
    """The API of all hosts, and the journal of its calls."""

    def __init__(self, state: State, faults: Faults) -> None:
        self._state, self._faults = state, faults
        self.journal: deque[Json] = deque(maxlen=KEPT_CALLS)

    def serve(self, host: Host, path: str, environ: Environ, start: Start) -> Iterable[bytes]:
        """One request; `path` begins after the version."""
        method = str(environ["REQUEST_METHOD"])
        entry: Json = {
            "at": self._state.now(),
            "host": host.name,
            "method": method,
            "path": path,
            "query": str(environ.get("QUERY_STRING", "")),
            "status": 0,  # no answer went out
        }
        self.journal.append(entry)
        fault = self._faults.take(host.name, method, path)
        if fault is not None:
            spoilt = spoil(fault, host.name, environ, start)
            if spoilt is not None:
                entry["status"], body = spoilt
                return body
        status, value = self._work(host, path, environ, fault)
        if fault is not None and fault.kind == "lost_answer":
            raise DropConnection
        if fault is not None and fault.kind == "late_answer":
            wait(fault, environ)
        if isinstance(value, Snapshot):
            return send_snapshot(value, host, entry, environ, start)
        entry["status"] = status
        return send(start, host.name, status, value)

    def _work(
        self, host: Host, path: str, environ: Environ, fault: Fault | None
    ) -> tuple[int, bytes | Snapshot]:
        """The status and the body of a call."""
        try:
            call = read_call(host, path, environ)
            call.is_ghost = fault is not None and fault.kind == "ghost"
            call.forgets = fault is not None and fault.kind == "lost_option"
            call.is_bare = fault is not None and fault.kind == "bare_item"
            return 200, self._run(call)
        except ApiError as error:
            return error.status, orjson.dumps(error.as_json())

    def _run(self, call: Call) -> bytes | Snapshot:
        route = find_route(call)
        with self._state.lock:
            if route.action not in (PUBLIC, OWN_CHECK):
                call.account = authenticate(self._state, call, route.action)
            value: object = route.handler(self._state, call)
            # written under the lock: answers may hold what the state holds
            return value if isinstance(value, Snapshot) else orjson.dumps(value)


def send_snapshot(
    snapshot: Snapshot, host: Host, entry: Json, environ: Environ, start: Start
) -> list[bytes]:
    """Ready bytes: 304 for who has them already, packed for who can unpack."""
    headers = [
        ("ETag", snapshot.etag),
        ("Vary", "Accept-Encoding"),
        ("X-Ovh-QueryID", query_id(host.name)),
    ]
    if snapshot.etag in str(environ.get("HTTP_IF_NONE_MATCH", "")):
        entry["status"] = 304
        start("304 Not Modified", [*headers, ("Content-Length", "0")])
        return [b""]
    entry["status"] = 200
    if "gzip" in str(environ.get("HTTP_ACCEPT_ENCODING", "")):
        headers.append(("Content-Encoding", "gzip"))
        return answer(start, 200, snapshot.packed, JSON, headers)
    return answer(start, 200, snapshot.plain, JSON, headers)
