import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.plan import Plan, make_plan
from config.preflight import (
    CannotStart,
    DataDirLock,
    claim_port,
    merged,
    next_free_port,
    start_time,
    wants_emulators,
)
from config.tests.toy import alive, free_port, wait_until


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_is_refused_in_one_sentence(taken_port: int) -> None:
    with pytest.raises(CannotStart) as caught:
        claim_port("PORT", taken_port)
    assert f"Port {taken_port} (PORT) is taken" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_port_just_given_up_is_waited_for() -> None:
    port = free_port()
    code = (
        "import socket; s = socket.create_server(('127.0.0.1', %d)); print(1, flush=True);"
        "s.settimeout(30); s.accept()"
    )
    with subprocess.Popen([sys.executable, "-c", code % port], stdout=subprocess.PIPE) as holder:  # noqa: S603
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(CannotStart):
            claim_port("PORT", port)
        socket.create_connection(("127.0.0.1", port)).close()
        assert claim_port("PORT", port, patience=30) == port


def test_the_next_free_port_skips_taken_ones(taken_port: int) -> None:
    assert next_free_port(taken_port) > taken_port


def test_the_environment_wins_over_the_file() -> None:
    assert merged({"A": "file", "B": "file"}, {"A": ""}) == {"A": "", "B": "file"}


@pytest.mark.parametrize(
    "env", [{}, {"EMULATORS": "1", "ENVIRONMENT": "production"}, {"EMULATORS": ""}]
)
def test_the_demo_and_who_asks_get_emulators(env: dict[str, str]) -> None:
    assert wants_emulators(env)


@pytest.mark.parametrize(
    "env", [{"EMULATORS": "0"}, {"EMULATORS": "false"}, {"ENVIRONMENT": "production"}]
)
def test_production_and_who_declines_get_none(env: dict[str, str]) -> None:
    assert not wants_emulators(env)


def plan_for(tmp_path: Path, **env: str) -> Plan:
    return make_plan(tmp_path, tmp_path / "data", env, queues=["a", "b"], patience=0)


def test_the_demo_points_at_the_emulators(tmp_path: Path) -> None:
    port = free_port()
    plan = plan_for(tmp_path, PORT=str(port), FEISHU_API_URL="http://feishu.test", PUBLIC_URL="")
    emulators = f"http://127.0.0.1:{plan.emulators_port}"
    assert plan.env["TELEGRAM_API_URL"] == f"{emulators}/telegram"
    assert plan.env["SIMULATOR_URL"] == f"{emulators}/simulator/"
    assert plan.env["FEISHU_API_URL"] == "http://feishu.test"
    assert plan.env["PUBLIC_URL"] == f"http://127.0.0.1:{port}"
    assert plan.env["EMULATORS"] == "1"
    assert plan.commands()["worker"][-2:] == ["-Q", "a,b"]


def test_real_services_get_no_demo_values(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, PORT=str(free_port()), EMULATORS="0")
    assert not {"TELEGRAM_API_URL", "PUBLIC_URL", "ALLOWED_HOSTS"} & set(plan.env)
    assert plan.env["EMULATORS"] == "0"


def test_bots_may_be_switched_to_long_polling_whatever_the_rest_use(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, PORT=str(free_port()), EMULATORS="0", PUBLIC_URL="https://bots.test")
    assert plan.commands()["poll"][-1] == "poll_bots"


def test_outgoing_messages_get_a_worker_of_their_own_where_one_is_asked_for(
    tmp_path: Path,
) -> None:
    assert "sender" not in plan_for(tmp_path, PORT=str(free_port())).commands()
    commands = plan_for(tmp_path, PORT=str(free_port()), SENDER_THREADS="4").commands()
    sender = commands["sender"]
    assert sender[sender.index("-c") + 1] == "4"
    assert sender[-2:] == ["-Q", "outgoing"]
    # the other worker keeps all queues: a sender that dies stops nothing
    assert commands["worker"][-2:] == ["-Q", "a,b"]


def test_the_number_of_sender_threads_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="SENDER_THREADS"):
        plan_for(tmp_path, PORT=str(free_port()), SENDER_THREADS="many")


def test_a_named_emulators_port_must_be_free_and_another(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(CannotStart, match=f"Port {taken_port} \\(EMULATORS_PORT\\)"):
        plan_for(tmp_path, PORT=str(free_port()), EMULATORS_PORT=str(taken_port))
    port = str(free_port())
    with pytest.raises(CannotStart, match="two different ports"):
        plan_for(tmp_path, PORT=port, EMULATORS_PORT=port)


def test_one_supervisor_per_data_directory(tmp_path: Path) -> None:
    first, second = DataDirLock(tmp_path), DataDirLock(tmp_path)
    first.take()
    with pytest.raises(CannotStart, match="already runs in"):
        second.take()
    first.release()
    second.take()
    assert not second.recovered
    second.release()


def test_the_next_start_ends_what_a_killed_supervisor_left(tmp_path: Path) -> None:
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    )
    killed = DataDirLock(tmp_path)
    killed.take()
    killed.note({sleeper.pid: start_time(sleeper.pid), os.getpid(): "another start time"})
    assert killed.file
    killed.file.close()  # as the kernel does
    lock = DataDirLock(tmp_path)
    lock.take()
    assert lock.recovered
    assert sleeper.wait(timeout=30) == -signal.SIGKILL
    lock.release()
    assert sleeper.stdin
    sleeper.stdin.close()


def test_a_torn_lock_file_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "supervisor.lock").write_text('{"12": ')
    lock = DataDirLock(tmp_path)
    lock.take()
    lock.release()


def test_a_gone_process_has_no_start_time() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        wait_until(lambda: not alive(process.pid), what="its end")
        assert start_time(process.pid) == ""
