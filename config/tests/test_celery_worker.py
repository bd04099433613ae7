"""A worker that fails ends, and whoever looks after it starts another one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.tests.toy import PATIENCE, ROOT

pytestmark = pytest.mark.journey

# what Celery meets where Redis dies in the middle of an answer, while a poller has minutes to go
FAILING = """
from celery import bootsteps
from config.celery import app

app.loader.import_default_modules()
from ovh_sniper.tasks import stock

class Broken(bootsteps.StartStopStep):
    def start(self, consumer):
        consumer.pool.executor.submit(stock.stopping.wait, 3600)
        raise AttributeError("no broker any more")

app.steps["consumer"].add(Broken)
app.worker_main(["worker", "-P", "threads", "-c", "2", "--without-mingle", "--without-gossip"])
"""


def test_a_worker_that_fails_ends_although_a_long_task_runs(tmp_path: Path) -> None:
    # without a word to the poller this would wait for it
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", FAILING],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DOTENV": os.devnull},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        text=True,
    )
    assert "Unrecoverable error" in done.stdout + done.stderr
