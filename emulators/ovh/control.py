"""The control API: journeys and other processes act and look through JSON below /ovh/control."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from emulators.forms import load_object
from emulators.ovh.page import ControlPage
from emulators.wsgi import Environ, HttpError, Json, Start, answer_json, read_body

if TYPE_CHECKING:
    from emulators.ovh.emulator import OvhEmulator

Handler = Callable[[Json], Any]
DONE: Json = {"done": True}


class Control:
    """Routes below `/control`; the page itself stands at `/control/`."""

    def __init__(self, emulator: "OvhEmulator") -> None:
        self._emulator = emulator
        self._page = ControlPage(emulator)
        do = self._do
        self._routes: dict[tuple[str, str], Handler] = {
            ("GET", "/stock"): lambda v: {"rows": emulator.stock(v["host"], v["planCode"])},
            ("POST", "/stock"): do(emulator.set_stock),
            ("POST", "/sell-out"): do(emulator.sell_out),
            ("POST", "/restock"): lambda v: {"cells": emulator.restock(**v)},
            ("POST", "/prices"): do(emulator.set_price),
            ("POST", "/promotions"): do(emulator.add_promotion),
            ("POST", "/coupons"): do(emulator.add_coupon),
            ("POST", "/vps"): do(emulator.set_vps),
            ("POST", "/accounts"): lambda v: asdict(emulator.add_account(**v)),
            ("PATCH", "/accounts"): do(emulator.set_account),
            ("POST", "/service-accounts"): lambda v: asdict(emulator.add_service_account(**v)),
            ("POST", "/accept"): lambda v: {"redirection": emulator.accept(**v)},
            ("GET", "/orders"): lambda v: {"orders": emulator.orders(v["host"])},
            ("POST", "/orders"): do(emulator.set_order),
            ("DELETE", "/orders"): lambda v: self._remove_order(int(v["order_id"])),
            ("GET", "/carts"): lambda v: {"carts": emulator.carts(v["host"])},
            ("GET", "/calls"): lambda v: {"calls": emulator.calls(**v)},
            ("DELETE", "/calls"): do(emulator.clear_calls),
            ("GET", "/faults"): lambda _: {"faults": [asdict(f) for f in emulator.faults.armed()]},
            ("POST", "/faults"): do(emulator.fault),
            ("DELETE", "/faults"): do(emulator.clear_faults),
            ("POST", "/reset"): do(emulator.reset),
        }

    def _remove_order(self, order_id: int) -> Json:
        self._emulator.remove_order(order_id)
        return DONE

    @staticmethod
    def _do(act: Callable[..., None]) -> Handler:
        def handle(values: Json) -> Json:
            act(**values)
            return DONE

        return handle

    def serve(self, path: str, environ: Environ, start: Start) -> Iterable[bytes]:
        """One request; `path` begins after `/control`."""
        if path in ("/", "/page.css"):
            return self._page.serve(path, environ, start)
        try:
            return answer_json(start, self._route(path.rstrip("/"), environ))
        except HttpError as error:
            return answer_json(start, {"error": error.text}, error.status)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
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
