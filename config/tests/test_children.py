import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.children import PAUSES, TETHER, Child, Log, stop
from config.tests.toy import ROOT, alive, wait_until

PATIENT = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {PATIENT}"
FAMILY = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {PATIENT!r}]); {PATIENT}"


MakeChild = Callable[[str], Child]


class Screen(io.BytesIO):
    def text(self) -> str:
        return self.getvalue().decode()


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def make_child(screen: Screen) -> Iterator[MakeChild]:
    children: list[Child] = []

    def make(code: str) -> Child:
        command = [sys.executable, "-c", code]
        child = Child("toy", command, env=dict(os.environ), log=Log(screen), cwd=Path.cwd())
        children.append(child)
        child.start()
        return child

    yield make
    for child in children:
        child.sweep()


def group_of(pid: int) -> set[int]:
    members = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == pid and fields[0] != "Z":
            members.add(int(folder.name))
    return members


def test_output_carries_the_name(make_child: MakeChild, screen: Screen) -> None:
    child = make_child("print('hello'); print('\\u4f60\\u597d')")
    wait_until(lambda: not child.running(), what="its end")
    child.sweep()
    assert screen.text() == "toy        | hello\ntoy        | 你好\n"
    assert child.ended() == "ended with status 0"


def test_a_reader_that_went_away_stops_nobody(make_child: MakeChild, screen: Screen) -> None:
    screen.close()
    child = make_child("print('x' * 200_000)")
    wait_until(lambda: not child.running(), what="its end")
    assert child.ended() == "ended with status 0"


@pytest.mark.parametrize("inherited", [signal.default_int_handler, signal.SIG_IGN])
def test_the_process_asked_for_is_the_process_signalled(
    make_child: MakeChild, screen: Screen, inherited: Callable[..., None] | signal.Handlers
) -> None:
    before = signal.signal(signal.SIGINT, inherited)  # a shell's background job ignores it
    child = make_child(PATIENT)
    signal.signal(signal.SIGINT, before)
    wait_until(lambda: "up" in screen.text(), what="the start")
    assert b"tether" not in Path(f"/proc/{child.pid}/cmdline").read_bytes()
    child.signal(signal.SIGINT)
    wait_until(lambda: not child.running(), what="its end")


def test_an_unknown_program_is_told_in_one_line(screen: Screen) -> None:
    child = Child("toy", ["no-such-program"], env={}, log=Log(screen), cwd=Path.cwd())
    child.start()
    wait_until(lambda: not child.running(), what="its end")
    child.sweep()
    assert "no-such-program cannot be started: " in screen.text()
    assert screen.text().count("\n") == 1


def test_pauses_grow_and_shrink_after_a_steady_minute(make_child: MakeChild) -> None:
    child = make_child("")
    assert [child.schedule() for _ in range(9)] == [*PAUSES, PAUSES[-1], PAUSES[-1]]
    child.started -= 61
    assert child.schedule() == PAUSES[0]


def test_stopping_signals_main_processes_and_leaves_no_group(
    make_child: MakeChild, screen: Screen
) -> None:
    child = make_child(FAMILY)
    pid = child.pid
    wait_until(lambda: screen.text().count("up") == 2, what="both")
    assert len(group_of(pid)) == 2
    stop([child], deadline=time.monotonic() + 30)
    wait_until(lambda: not group_of(pid), what="an empty group")
    assert child.ended() == "was killed by signal 15"


def test_who_does_not_stop_in_time_is_killed(make_child: MakeChild, screen: Screen) -> None:
    child = make_child(STUBBORN)
    wait_until(lambda: "up" in screen.text(), what="the start")
    stop([child], deadline=time.monotonic() + 0.2)
    assert "toy did not stop in time: killing it." in screen.text()
    assert child.ended() == "was killed by signal 9"


def test_children_die_with_their_supervisor(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from config.children import *;"
        f"child = Child('toy', [sys.executable, '-c', {STUBBORN!r}], env={{}}, log=Log(),"
        "cwd=Path('.')); child.start(); print(child.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE
    ) as supervisor:
        assert supervisor.stdout
        pid = int(supervisor.stdout.readline())
        assert b"up" in supervisor.stdout.readline()
        supervisor.kill()
    wait_until(lambda: not alive(pid), what="the child's end")


def test_without_linux_a_pipe_tells_of_the_supervisors_end() -> None:
    reader, writer = os.pipe()
    here = [str(os.getpid()), "9", str(reader), "-"]
    command = [sys.executable, "-I", "-S", str(TETHER), *here, sys.executable, "-c", FAMILY]
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, pass_fds=(reader,), start_new_session=True
    ) as child:
        os.close(reader)
        assert child.stdout
        assert child.stdout.readline() == child.stdout.readline() == b"up\n"
        os.close(writer)  # as the kernel does when its holder is killed
        assert child.wait(timeout=30) == -signal.SIGKILL
        wait_until(lambda: not group_of(child.pid), what="an empty group")


def test_the_watcher_leaves_with_the_program() -> None:
    reader, writer = os.pipe()
    here = [str(os.getpid()), "9", str(reader), "-"]
    command = [sys.executable, "-I", "-S", str(TETHER), *here, sys.executable, "-c", "print(1)"]
    with subprocess.Popen(command, pass_fds=(reader,), start_new_session=True) as child:  # noqa: S603
        os.close(reader)
        assert child.wait(timeout=30) == 0
        wait_until(lambda: not group_of(child.pid), what="an empty group")
    os.close(writer)
