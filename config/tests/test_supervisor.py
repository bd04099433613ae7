import os
import signal
import socket
from pathlib import Path

import pytest

from config.tests.toy import PATIENCE, alive, toy, wait_until

pytestmark = pytest.mark.journey


def test_it_gets_ready_and_stops_everything(tmp_path: Path) -> None:
    with toy(tmp_path) as run:
        run.ready().says("^load_demo done")
        assert run.text().index("Botharbor is ready") < run.text().index("load_demo done")
        assert "migrate done" in run.text()
        children = run.processes()
        assert len(children) >= 5
        assert run.stop() == 0
        assert not any(alive(pid) for pid in children)
        assert "killing it" not in run.text()


def test_ctrl_c_stops_it_too(tmp_path: Path) -> None:
    with toy(tmp_path) as run:
        assert run.ready().stop(signal.SIGINT) == 0
        assert not run.processes()


@pytest.mark.parametrize("name", ["web", "worker", "beat", "emulators"])
def test_a_killed_child_comes_back_and_the_others_stay(tmp_path: Path, name: str) -> None:
    with toy(tmp_path) as run:
        run.ready()
        others = [run.pid_of(other) for other in ("web", "worker", "beat", "emulators")]
        victim = run.pid_of(name)
        others.remove(victim)
        os.kill(victim, signal.SIGKILL)
        run.says(f"{name} was killed by signal 9; the others go on")
        run.says(f"{name} runs again as process")
        assert run.pid_of(name) != victim
        assert all(alive(pid) for pid in others)


def test_a_killed_supervisor_takes_everything_along_and_starts_again(tmp_path: Path) -> None:
    with toy(tmp_path) as run:
        children = run.ready().processes()
        run.process.kill()
        wait_until(lambda: not any(alive(pid) for pid in children), what="the end of all children")
    with toy(tmp_path, PORT=str(run.port)) as again:
        assert again.ready().stop() == 0


def test_a_killed_supervisor_can_be_replaced_at_once(tmp_path: Path) -> None:
    with toy(tmp_path) as run:
        run.ready().process.kill()
        run.process.wait()
        with toy(tmp_path, PORT=str(run.port)) as again:
            assert again.ready().stop() == 0


def test_without_redis_server_it_runs_all_the_same(tmp_path: Path) -> None:
    with toy(tmp_path, PATH="") as run:
        run.ready()
        assert "Broker: the built-in one" in run.text()
        assert run.stop() == 0


@pytest.mark.parametrize("name", ["PORT", "EMULATORS_PORT"])
def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        with toy(tmp_path, changes={}, **{name: taken}) as run:
            assert run.process.wait(timeout=PATIENCE) == 2
            assert run.text().startswith(f"Port {taken} ({name}) is taken")
            assert run.text().count("\n") == 1


def test_a_second_one_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    with toy(tmp_path) as first:
        first.ready()
        with toy(tmp_path) as second:
            assert second.process.wait(timeout=PATIENCE) == 2
            assert "Botharbor already runs in" in second.text()
            assert second.text().count("\n") == 1
            children = first.processes()
        assert first.process.poll() is None
        assert all(alive(pid) for pid in children)


def test_it_gives_up_on_what_never_starts(tmp_path: Path) -> None:
    broken = {"config/wsgi.py": "raise RuntimeError('no database')"}
    with toy(tmp_path, changes=broken) as run:
        assert run.process.wait(timeout=PATIENCE) == 1
        assert "no database" in run.text()
        assert run.text().endswith("web does not start: its message stands above.\n")


@pytest.mark.parametrize("step", ["migrate", "compile_translations", "load_demo"])
def test_a_failed_step_ends_the_start(tmp_path: Path, step: str) -> None:
    failing = f"import sys; sys.exit('it went wrong' if {step!r} in sys.argv else 0)"
    with toy(tmp_path, changes={"manage.py": failing}) as run:
        assert run.process.wait(timeout=PATIENCE) == 1
        assert "it went wrong" in run.text()
        assert run.text().endswith(f"`manage.py {step}` failed: its message stands above.\n")


def test_it_can_be_stopped_during_a_step(tmp_path: Path) -> None:
    slow = "import time; print('in the step', flush=True); time.sleep(600)"
    with toy(
        tmp_path, changes={"manage.py": f"import sys; print('x', file=sys.stderr); {slow}"}
    ) as run:
        run.says("^x$")
        assert run.stop() == 0
        assert not run.processes()


def test_a_signal_that_arrives_twice_is_one_request(tmp_path: Path) -> None:
    with toy(tmp_path) as run:
        run.ready().process.terminate()
        run.process.terminate()
        assert run.process.wait(timeout=PATIENCE) == 0
        assert not run.processes()


def test_without_emulators_bots_are_polled(tmp_path: Path) -> None:
    polling = (
        "import sys, time; print(*sys.argv); time.sleep(600 if 'poll_bots' in sys.argv else 0)"
    )
    with toy(tmp_path, changes={"manage.py": polling}, EMULATORS="0") as run:
        run.ready().says(r"^poll +\| .*manage\.py poll_bots$")
        assert "emulators  |" not in run.text()
