"""`manage.py poll_bots`: long polling for bots without a public address."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from bots.polling import MOST_OPEN, Poller


class Command(BaseCommand):
    """Polls all bots that are switched to polling, until SIGTERM or Ctrl-C."""

    help = (
        "Take the updates of all polling bots, in this one process. It waits for "
        f"{MOST_OPEN} bots at a time; more take turns, so for more use webhooks."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop; the update in hand is finished first."""
        del args, options
        poller = Poller()
        for number in (signal.SIGTERM, signal.SIGINT):
            # by a thread: this one may hold the event's lock just when the signal comes
            signal.signal(number, lambda *_: threading.Thread(target=poller.stop.set).start())
        self.stdout.write("Polling.")
        poller.run()
