"""The whole stack with its real processes, as `make run` starts it."""

import json
import signal
import socket
import sys
import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from config.tests.toy import PATIENCE, ROOT, Run, alive, started, wait_until

pytestmark = pytest.mark.journey
DEMO = {"ENVIRONMENT": "demo", "EMULATORS": "1"}


def up(data_dir: Path, **env: str) -> AbstractContextManager[Run]:
    command = [sys.executable, "manage.py", "up"]
    return started(command, cwd=ROOT, data_dir=data_dir, **{**DEMO, **env})


def get(port: int, path: str) -> tuple[int, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.status, answer.read().decode()


def test_one_directory_is_run_in_again_however_the_one_before_ended(tmp_path: Path) -> None:
    with up(tmp_path) as run:
        run.ready()
        status, body = get(run.port, "/health/")
        assert (status, json.loads(body)["status"]) == (200, "ok")
        assert get(run.port, "/")[0] == 200
        children = run.processes()

        with up(tmp_path) as second:
            assert second.process.wait(timeout=PATIENCE) == 2
            assert second.text().startswith(f"Botharbor already runs in {tmp_path}")
            assert second.text().count("\n") == 1
        assert run.process.poll() is None
        assert all(alive(pid) for pid in children)

        assert run.stop() == 0
        assert not any(alive(pid) for pid in children)
    with up(tmp_path, PORT=str(run.port)) as again:
        children = again.ready().processes()
        again.process.kill()
        wait_until(lambda: not any(alive(pid) for pid in children), what="the end of all children")
    with up(tmp_path, PORT=str(run.port)) as last:
        assert last.ready().stop(signal.SIGINT) == 0
        assert not last.processes()


def test_it_runs_without_a_redis_server(tmp_path: Path) -> None:
    with up(tmp_path, PATH="") as run:
        run.ready()
        assert "Broker: the built-in one" in run.text()


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        with up(tmp_path, PORT=taken) as run:
            assert run.process.wait(timeout=PATIENCE) == 2
            assert run.text().startswith(f"Port {taken} (PORT) is taken")
            assert run.text().count("\n") == 1
