"""Composes the emulators under their prefixes and serves them."""

import importlib
from collections.abc import Iterable
from pathlib import Path

from emulators.clock import Clock
from emulators.feishu import FeishuEmulator
from emulators.httpd import Server
from emulators.huawei import HuaweiEmulator
from emulators.ovh import OvhEmulator
from emulators.telegram import TelegramEmulator
from emulators.tidewater import TidewaterEmulator
from emulators.wsgi import App, Environ, Start, answer_json

__all__ = ["Emulators", "Server", "build"]


class Emulators:
    """All emulators as one WSGI app."""

    def __init__(self, data_dir: Path | None, clock: Clock | None) -> None:
        self.telegram = TelegramEmulator(data_dir, clock)
        self.feishu = FeishuEmulator(data_dir, clock)
        self.ovh = OvhEmulator(data_dir, clock)
        self.huawei = HuaweiEmulator(data_dir, clock)
        self.tidewater = TidewaterEmulator(data_dir, clock)
        self._apps: dict[str, App] = {
            "telegram": self.telegram.app,
            "feishu": self.feishu.app,
            "ovh": self.ovh.app,
            "huawei": self.huawei.app,
            "tidewater": self.tidewater.app,
        }

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Dispatch on the first part of the path."""
        path = str(environ["PATH_INFO"])
        name, slash, rest = path.removeprefix("/").partition("/")
        if name == "health":
            return answer_json(start, {"status": "ok"})
        app = self._find(name)
        if app is None:
            return answer_json(start, {"error": "not found"}, 404)
        if not slash:
            start("302 Found", [("Location", f"/{name}/"), ("Content-Length", "0")])
            return [b""]
        environ["SCRIPT_NAME"] = f"/{name}"
        environ["PATH_INFO"] = f"/{rest}"
        return app(environ, start)

    def _find(self, name: str) -> App | None:
        if name == "simulator" and name not in self._apps:
            module = importlib.import_module("emulators.simulator")
            self._apps[name] = module.app(self.telegram)
        return self._apps.get(name)

    def close(self) -> None:
        """Stop background work and write state to disk."""
        self.telegram.close()
        self.feishu.close()
        self.ovh.close()
        self.huawei.close()
        self.tidewater.close()


def build(data_dir: Path | None = None, clock: Clock | None = None) -> Emulators:
    """Every emulator in one app; state is kept below `data_dir` when given."""
    return Emulators(data_dir, clock)
