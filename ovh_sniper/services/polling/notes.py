"""What a host's poller writes down of itself: for operators, and for the process that follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_noop

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.stock import Stock
from ovh_sniper.models import Poller
from ovh_sniper.services.polling import breaker

ARMED, IDLE = gettext_noop("armed"), gettext_noop("idle")
BACKING_OFF, BREAKER = gettext_noop("backing off"), gettext_noop("breaker")


class Notes:
    """The Poller row of a host, as one process writes it; each note counts one call to OVH."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.failures = 0  # in a row
        self.not_before: datetime | None = None

    def load(self) -> None:
        """Go on where the last process ended: its failures and its pause count."""
        poller, _is_new = Poller.objects.get_or_create(host=self.host.value)
        self.failures, self.not_before = poller.failures, poller.not_before

    def seconds_left(self, now: datetime) -> float:
        """Return for how long no call may be made."""
        return 0.0 if self.not_before is None else (self.not_before - now).total_seconds()

    def succeeded(
        self,
        at: datetime,
        whole: Stock | None,
        *,
        rows: int,
        is_changed: bool,
        interval: float,
        is_armed: bool,
    ) -> None:
        """Note a look that worked; `whole` is the answer where it was the whole list."""
        self.failures, self.not_before = 0, None
        told: dict[str, Any] = {"interval": interval, "cadence": ARMED if is_armed else IDLE}
        if whole is not None:
            told |= {"etag": whole.etag[:200], "digest": whole.digest, "rows": rows}
        if is_changed:
            told["changed_at"] = at
        self._write(polled_at=at, failures=0, last_error="", not_before=None, **told)

    def unused(self, at: datetime, why: str) -> None:
        """Note a look that OVH answered, and of which nothing was used."""
        self._write(polled_at=at, last_error=why[:300])

    def failed(self, at: datetime, error: str, pause: float, *, is_throttled: bool = False) -> None:
        """Note a look that did not work, and when the next one may be made."""
        self.failures += 1
        self.not_before = at + timedelta(seconds=pause)
        self._write(
            polled_at=at,
            failures=self.failures,
            last_error=error[:300],
            not_before=self.not_before,
            interval=pause,
            cadence=BREAKER if breaker.is_open(self.failures) else BACKING_OFF,
            throttled=F("throttled") + int(is_throttled),
        )

    def _write(self, **told: Any) -> None:
        Poller.objects.filter(host=self.host.value).update(calls=F("calls") + 1, **told)
