"""The beat table: each tick is a task that exists, and none waits longer than for the next one."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from config.celery import app

ENTRIES: dict[str, dict[str, Any]] = app.conf.beat_schedule


@pytest.fixture(scope="module", autouse=True)
def _tasks() -> None:
    """Load the tasks as a worker does."""
    app.loader.import_default_modules()


@pytest.mark.parametrize("name", ENTRIES)
def test_a_tick_is_a_task(name: str) -> None:
    assert ENTRIES[name]["task"] in app.tasks


@pytest.mark.parametrize("name", ENTRIES)
def test_a_tick_expires_when_the_next_one_comes(name: str) -> None:
    assert ENTRIES[name]["options"]["expires"] == ENTRIES[name]["schedule"]


def test_no_task_ticks_twice() -> None:
    tasks = [entry["task"] for entry in ENTRIES.values()]
    assert len(tasks) == len(set(tasks))


def test_queues_are_given_to_tasks_that_exist() -> None:
    assert set(settings.CELERY_TASK_ROUTES) <= set(app.tasks)
