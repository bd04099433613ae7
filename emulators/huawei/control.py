"""The control API: journeys and other processes act and look through JSON below /huawei/control."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from emulators.forms import load_object
from emulators.huawei.page import ControlPage
from emulators.markup import redirect
from emulators.wsgi import Environ, HttpError, Json, Start, answer_json, read_body

if TYPE_CHECKING:
    from emulators.huawei.emulator import HuaweiEmulator

Handler = Callable[[Json], Any]


class Control:
    """Routes below `/control`; the page itself stands at `/control/`."""

    def __init__(self, emulator: "HuaweiEmulator") -> None:
        self._page = ControlPage(emulator)
        do = self._do
        self._routes: dict[tuple[str, str], Handler] = {
            ("GET", "/servers"): lambda _: {"servers": servers(emulator)},
            ("POST", "/accounts"): lambda v: asdict(emulator.add_account(**v)),
            ("PATCH", "/accounts"): do(emulator.set_account),
            ("POST", "/keys"): lambda v: asdict(emulator.add_keys(**v)),
            ("PATCH", "/keys"): do(emulator.set_actions),
            ("POST", "/plans"): lambda v: asdict(emulator.add_plan(**v)),
            ("POST", "/servers"): lambda v: asdict(emulator.add_server(**v)),
            ("PATCH", "/servers"): do(emulator.set_server),
            ("POST", "/packages"): lambda v: asdict(emulator.add_shared_package(**v)),
            ("POST", "/remaining"): do(emulator.set_remaining),
            ("POST", "/rate"): do(emulator.set_rate),
            ("POST", "/use"): do(emulator.use),
            ("POST", "/switch"): do(emulator.switch),
            ("POST", "/tasks"): do(emulator.begin_task),
            ("POST", "/lose"): do(emulator.lose),
            ("POST", "/unit"): do(emulator.set_unit),
            ("POST", "/renew"): lambda v: {"id": emulator.renew(**v)},
            ("POST", "/end-cycle"): do(emulator.end_cycle),
            ("POST", "/move"): do(emulator.move),
            ("POST", "/lag"): do(emulator.set_lag),
            ("POST", "/limits"): do(emulator.set_limit),
            ("GET", "/calls"): lambda v: {"calls": emulator.calls(**v)},
            ("DELETE", "/calls"): do(emulator.clear_calls),
            ("GET", "/faults"): lambda _: {"faults": [asdict(f) for f in emulator.faults.armed()]},
            ("POST", "/faults"): do(emulator.fault),
            ("DELETE", "/faults"): do(emulator.clear_faults),
            ("POST", "/reset"): do(emulator.reset),
        }

    @staticmethod
    def _do(act: Callable[..., None]) -> Handler:
        def handle(values: Json) -> Json:
            act(**values)
            return {"done": True}

        return handle

    def serve(self, path: str, environ: Environ, start: Start) -> Iterable[bytes]:
        """One request."""
        if path in ("", "/"):
            return redirect(start, f"{environ.get('SCRIPT_NAME', '')}/control/")
        if not path.startswith("/control/"):
            raise HttpError(404, "not found")
        path = path.removeprefix("/control")
        if path in ("/", "/page.css"):
            return self._page.serve(path, environ, start)
        try:
            return answer_json(start, self._route(path.rstrip("/"), environ))
        except HttpError as error:
            return answer_json(start, {"error": error.text}, error.status)
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            return answer_json(start, {"error": f"bad request: {error!r}"}, 400)

    def _route(self, path: str, environ: Environ) -> Any:
        method = str(environ["REQUEST_METHOD"])
        handler = self._routes.get((method, path))
        if handler is None:
            known = any(path == other for _, other in self._routes)
            raise HttpError(405 if known else 404, "method not allowed" if known else "not found")
        if method in ("POST", "PATCH"):
            return handler(load_object(read_body(environ) or b"{}"))
        return handler(dict(parse_qsl(environ.get("QUERY_STRING", ""))))


def servers(emulator: "HuaweiEmulator") -> list[Json]:
    """Every server, with what is left of its package."""
    with emulator.state.lock:
        emulator.state.settle()
        owners = {package.server_id for package in emulator.state.packages.values()}
        return [
            {
                "id": server.id,
                "name": server.name,
                "region": server.region,
                "address": server.address,
                "status": server.status,
                "task": server.task,
                "remaining": emulator.remaining(server.id) if server.id in owners else None,
            }
            for server in emulator.state.servers.values()
            if not server.is_deleted
        ]
