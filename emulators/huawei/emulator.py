"""The emulator: its HTTP face, and its Python face for tests."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from emulators.clock import Clock
from emulators.huawei.api import Api
from emulators.huawei.control import Control
from emulators.huawei.faults import Fault, Faults
from emulators.huawei.limits import Limits
from emulators.huawei.people import People
from emulators.huawei.state import State
from emulators.huawei.wire import SERVICES
from emulators.huawei.world import populate
from emulators.wsgi import Environ, HttpError, Json, Start, answer_json

PREFIX = "/huawei"


class HuaweiEmulator(People):
    """`app` serves it below its own root and below /huawei."""

    def __init__(self, data_dir: Path | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.state = State(data_dir, self.clock)
        self.faults = Faults()
        self.limits = Limits()
        self._api = Api(self.state, self.faults, self.limits)
        self._control = Control(self)
        if not self.state.load():
            populate(self.state)

    # -- watching ---------------------------------------------------------------------------

    def calls(self, service: str = "", path: str = "*", method: str = "") -> list[Json]:
        """The journal: at, service, place, method, path, status, access_key, body; status 0 got
        no answer. `path` may hold `*`."""
        return [
            entry
            for entry in list(self._api.journal)
            if service in ("", entry["service"])
            and method in ("", entry["method"])
            and fnmatchcase(entry["path"], path)
        ]

    def clear_calls(self) -> None:
        """Forget the journal."""
        self._api.journal.clear()

    def fault(self, kind: str, **more: Any) -> None:
        """Arm a fault: see emulators.huawei.faults. Raises ValueError for an unknown kind."""
        self.faults.add(Fault(kind, **more))

    def clear_faults(self) -> None:
        """Disarm all."""
        self.faults.clear()

    def set_limit(self, per_second: int) -> None:
        """Take so many requests a second for each API; 0 takes all."""
        self.limits.per_second = per_second

    def reset(self) -> None:
        """Back to the demo world."""
        with self.state.lock:
            self.state.store.clear()
            self.state.restore()
            self.faults.clear()
            self.limits.clear()
            self._api.journal.clear()
            populate(self.state)

    def close(self) -> None:
        """Write everything to disk."""
        self.state.store.close()

    # -- HTTP -------------------------------------------------------------------------------

    def app(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """The WSGI callable."""
        path = str(environ["PATH_INFO"])
        if path.startswith(f"{PREFIX}/"):
            environ["SCRIPT_NAME"] = str(environ.get("SCRIPT_NAME", "")) + PREFIX
            path = environ["PATH_INFO"] = path.removeprefix(PREFIX)
        try:
            return self._serve(path, environ, start)
        except HttpError as error:
            return answer_json(start, {"error": error.text}, error.status)

    def _serve(self, path: str, environ: Environ, start: Start) -> Iterable[bytes]:
        name, _, rest = path.removeprefix("/").partition("/")
        if name not in SERVICES:
            return self._control.serve(path, environ, start)
        place, _, tail = rest.partition("/")
        if place[:1].lower() == "v" and place[1:2].isdigit():  # a version: no site, no region
            place, tail = "", rest
        environ["PATH_INFO"] = f"/{tail}"
        return self._api.serve(name, place, environ, start)
