"""What the portal's home page shows of giveaways."""

from __future__ import annotations

from typing import Any

from lottery.services import giveaways
from lottery.views import may_run
from tenants.access import PortalRequest

SHOWN = 5


def running(request: PortalRequest) -> tuple[str, dict[str, Any]]:
    """Return template and context of the panel (bots/views/home.py)."""
    running = list(giveaways.running(SHOWN))
    return "lottery/_running.html", {"running": running, "may_run": may_run(request)}
