"""Serves the services: faults first, then limits, who calls, whether they may, and the work."""

from collections import deque
from collections.abc import Iterable
from fnmatch import fnmatchcase

import orjson

from emulators.huawei.ecs import action_of
from emulators.huawei.faults import Fault, Faults, replaced, spoil, wait
from emulators.huawei.limits import Limits
from emulators.huawei.routes import Route, find_route
from emulators.huawei.signature import verify
from emulators.huawei.state import State
from emulators.huawei.wire import OF_SITE, ApiError, Call, read_call, send
from emulators.wsgi import DropConnection, Environ, Json, Start

KEPT_CALLS = 20000
DENIED = {"bss": "CBC.0151", "ecs": "Ecs.0003", "config": "PAP5.0010", "ces": "ces.0013"}
WRONG_SITE = "Access denied. The customer does not belong to the website you are now at."


class Api:
    """The APIs of all sites and regions, and the journal of their calls."""

    def __init__(self, state: State, faults: Faults, limits: Limits) -> None:
        self._state, self._faults, self._limits = state, faults, limits
        self.journal: deque[Json] = deque(maxlen=KEPT_CALLS)

    def serve(self, service: str, place: str, environ: Environ, start: Start) -> Iterable[bytes]:
        """One request; its path begins after the service's prefix."""
        path = str(environ["PATH_INFO"])
        entry: Json = {
            "at": self._state.now(),
            "service": service,
            "place": place,
            "method": environ["REQUEST_METHOD"],
            "path": path,
            "status": 0,  # no answer went out
        }
        self.journal.append(entry)
        fault = self._faults.take(service, path)
        if fault is not None:
            spoilt = spoil(fault, service, environ, start)
            if spoilt is not None:
                entry["status"], body = spoilt
                return body
        call = read_call(service, place, path, environ)
        status, answer = self._work(call, fault)
        entry["access_key"] = call.user.access_key if call.user else ""
        entry["body"] = call.raw.decode("utf-8", "replace")
        return self._answer(start, call, fault, entry, (status, answer))

    def _answer(
        self,
        start: Start,
        call: Call,
        fault: Fault | None,
        entry: Json,
        done: tuple[int, bytes],
    ) -> Iterable[bytes]:
        kind = fault.kind if fault else ""
        if kind == "lost_answer":
            raise DropConnection
        if fault and kind == "late_answer":
            wait(fault, call.environ)
        if fault and kind == "late_html":
            entry["status"], page = replaced(fault, call.service, start)
            return page
        entry["status"], body = done
        return send(start, entry["status"], body)

    def _work(self, call: Call, fault: Fault | None) -> tuple[int, bytes]:
        """The status and the body of a call."""
        call.is_lie = fault is not None and fault.kind == "lie"
        call.is_failing = fault is not None and fault.kind == "job_fail"
        try:
            with self._state.lock:
                return 200, self._run(call)
        except ApiError as error:
            return error.status, error.body(call.service)

    def _run(self, call: Call) -> bytes:
        route = find_route(call)
        self._limits.count(call.service, route.path, self._state.clock.time())
        self._authenticate(call)
        self._permit(call, route)
        self._state.settle()
        # written under the lock: answers may hold what the state holds
        return orjson.dumps(route.handler(self._state, call))

    def _authenticate(self, call: Call) -> None:
        call.user = verify(self._state.users, call)
        account = call.account = self._state.accounts[call.user.domain_id]
        if call.service == "bss" and call.place not in ("", account.site):
            raise ApiError(403, "CBC.0150", WRONG_SITE)
        named = call.header("X-Project-Id")
        if call.service not in OF_SITE and named and named != call.ids[0]:
            raise ApiError(403, "APIGW.0302", "the project differs from the header's")
        if call.service == "config" and call.ids[0] != account.domain_id:
            raise ApiError(403, "PAP5.0010", "this is not your own account")

    @staticmethod
    def _permit(call: Call, route: Route) -> None:
        action = action_of(call) if route.method == "POST" and call.service == "ecs" else ""
        action = action or route.action
        allowed = call.user.actions if call.user else []
        if not action or any(fnmatchcase(action, pattern) for pattern in allowed):
            return
        words = {
            "bss": "Access denied.",
            "config": f"no identity-based policy allows the {action} action",
            "iam": f"You are not authorized to perform the requested action: {action}",
        }.get(call.service, f"Policy doesn't allow {action} to be performed.")
        raise ApiError(403, DENIED.get(call.service, "VPC.0002"), words)
