import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.conf import settings

from config.tests.toy import free_port

SCRIPT = Path(settings.BASE_DIR) / "deploy" / "healthcheck.py"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        checks = {"database": "ok", "worker": "last seen 40 s ago"}
        self.send_response(200 if self.path == "/well/" else 503)
        self.end_headers()
        self.wfile.write(json.dumps({"checks": checks}).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def status(check: str, address: str) -> int:
    command = [sys.executable, "-I", str(SCRIPT), check, address]
    return subprocess.run(command, capture_output=True, check=False).returncode  # noqa: S603


def test_all_checks_or_one_count(url: str) -> None:
    assert status("", f"{url}/well/") == 0
    assert status("", f"{url}/health/") == 1
    assert status("database", f"{url}/health/") == 0
    assert status("worker", f"{url}/health/") == 1
    assert status("unknown", f"{url}/health/") == 1


def test_silence_is_not_well() -> None:
    assert status("", f"http://127.0.0.1:{free_port()}/") == 1
