"""Wakes the workers that look at keys and for servers; what is lost, the next tick finds."""

from __future__ import annotations

from bots.nudging import wake_after_commit
from traffic_guard.models import Account

CHECK = "traffic_guard.tasks.accounts.check"
DISCOVER = "traffic_guard.tasks.accounts.discover"


def wake(task: str, account: Account) -> None:
    """Wake a task for an account once the open transaction is done."""
    wake_after_commit(task, (account.tenant_id, account.pk))
