import io
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from kombu.connection import Connection

from config.brokers import LONGEST_SOCKET_PATH, Broker, choose
from config.children import Log, stop

Chosen = Callable[[dict[str, str], Path], Broker]


@pytest.fixture
def chosen() -> Iterator[Chosen]:
    brokers: list[Broker] = []

    def make(env: dict[str, str], data_dir: Path) -> Broker:
        broker = choose(env, data_dir, Log(io.BytesIO()))
        brokers.append(broker)
        return broker

    yield make
    for broker in brokers:
        if broker.child:
            stop([broker.child], deadline=broker.child.started + 30)
        broker.close()


@pytest.fixture
def shallow() -> Iterator[Path]:
    """Give a folder whose path is short enough for a socket, wherever the tests run."""
    with tempfile.TemporaryDirectory(prefix="botharbor-", dir="/tmp") as path:
        yield Path(path)


def goes_round(broker: Broker) -> bool:
    """Send a message through Celery's library and a value through Django's."""
    with (
        Connection(broker.env["CELERY_BROKER_URL"]) as connection,  # type: ignore[no-untyped-call]
        connection.SimpleQueue("toy") as queue,
        redis.Redis.from_url(broker.env["REDIS_URL"]) as cache,
    ):
        queue.put({"number": 7})
        cache.flushdb()  # clearing the cache must not clear the queue
        message = queue.get(timeout=20)
        message.ack()
        cache.set("a", "b")
        return bool(message.payload == {"number": 7} and cache.get("a") == b"b")


@pytest.mark.parametrize("name", ["CELERY_BROKER_URL", "REDIS_URL"])
def test_the_configured_one_is_left_alone(chosen: Chosen, tmp_path: Path, name: str) -> None:
    broker = chosen({name: "redis://elsewhere.test/0"}, tmp_path)
    assert (broker.env, broker.child, broker.server) == ({}, None, None)


def test_a_redis_server_found_is_private(chosen: Chosen, shallow: Path) -> None:
    (shallow / "redis").mkdir()
    (shallow / "redis" / "redis.sock").touch()  # left by a killed one
    broker = chosen({"PATH": os.environ["PATH"]}, shallow)
    assert goes_round(broker)
    path = shallow / "redis" / "redis.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert broker.child
    assert "--port 0 " in " ".join(broker.child.command)


def test_a_deep_data_directory_gets_a_short_socket(chosen: Chosen, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * LONGEST_SOCKET_PATH)
    broker = chosen({"PATH": os.environ["PATH"]}, deep)
    assert goes_round(broker)
    assert broker.scratch
    broker.close()
    assert not broker.scratch.exists()


def test_without_a_redis_server_one_lives_in_the_supervisor(chosen: Chosen, tmp_path: Path) -> None:
    broker = chosen({"PATH": ""}, tmp_path)
    assert broker.child is None
    assert goes_round(broker)


def test_a_redis_server_that_does_not_start_is_replaced(chosen: Chosen, tmp_path: Path) -> None:
    broken = tmp_path / "bin" / "redis-server"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    broker = chosen({"PATH": str(broken.parent)}, tmp_path / "data")
    assert broker.child is None
    assert goes_round(broker)
