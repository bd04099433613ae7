"""What messages say of servers: the row, what holds for it, and what that comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, prefetch_related_objects

from tenants.models import Tenant
from traffic_guard.models import Account, Preferences, Server
from traffic_guard.services.policies import resolving, thresholds
from traffic_guard.services.policies.resolving import Effective
from traffic_guard.services.readings import sums
from traffic_guard.services.readings.sums import Standing
from traffic_guard.services.readings.words import GB
from traffic_guard.services.telling import preferences


@dataclass(frozen=True, slots=True)
class Frame:
    """What is the same for all servers of a message."""

    settings: Preferences
    zone: ZoneInfo
    now: datetime
    slug: str  # of the tenant, for addresses of pages


@dataclass(frozen=True, slots=True)
class Facts:
    """One server, as a message shows it."""

    server: Server
    policy: Effective
    standing: Standing
    frame: Frame

    @property
    def left(self) -> int | None:
        """Bytes left: by the live counter where there is one, else as billed; None: unknown."""
        return self.standing.left

    @property
    def threshold(self) -> int | None:
        """Bytes left at which the server is stopped; None: not known."""
        total = self.standing.total or self.server.total_bytes
        return thresholds.bytes_of(self.policy, total)

    @property
    def cycle_end(self) -> datetime | None:
        """When the package is full again, also where it is not known what is left."""
        return self.standing.cycle_end or self.server.cycle_end

    @property
    def runs_out_at(self) -> datetime | None:
        """When nothing is left, as last forecast; None: not in this cycle, or nobody knows."""
        if self.left is None or self.is_off:
            return None
        return self.server.runs_out_at

    @property
    def is_off(self) -> bool:
        """Whether it sends nothing now: what it used before is no forecast."""
        return self.server.power == Server.Power.STOPPED

    @property
    def projected(self) -> float | None:
        """Bytes left at the reset if it goes on like this; negative: used beyond the package."""
        left, rate, end = self.left, self.server.burn_rate, self.cycle_end
        if left is None or rate is None or end is None or self.is_off:
            return None
        return left - rate * max((end - self.frame.now).total_seconds() / 3600, 0)

    @property
    def daily_budget(self) -> float | None:
        """Bytes a day that would last until the reset; None: unknown."""
        left, end = self.left, self.cycle_end
        if left is None or end is None or end <= self.frame.now:
            return None
        return left / ((end - self.frame.now).total_seconds() / 86400)

    @property
    def at_risk(self) -> Decimal | None:
        """What traffic above the package would cost until the reset; None: nothing, or unknown."""
        price, projected = self.frame.settings.excess_price, self.projected
        if price is None or projected is None or projected >= 0:
            return None
        return (price * Decimal(-projected / GB)).quantize(Decimal("0.01"))


def frame_of(tenant_id: int, now: datetime) -> Frame:
    """Return what a message of a tenant needs besides its servers; in the tenant's open scope."""
    tenant = Tenant.objects.get(pk=tenant_id)
    return Frame(preferences.of(tenant_id), ZoneInfo(tenant.time_zone), now, tenant.slug)


def of(servers: Iterable[Server], frame: Frame) -> dict[int, Facts]:
    """Return the facts of servers by their id; accounts that were not loaded are, without keys."""
    found = {server.pk: server for server in servers}
    accounts = Account.objects.defer("access_key", "secret_key")
    prefetch_related_objects(list(found.values()), Prefetch("account", accounts))
    policies = resolving.effective_many(found.values())
    standings = sums.standings(
        list(found.values()), frame.now, lambda server: policies[server.pk].max_age
    )
    return {pk: Facts(server, policies[pk], standings[pk], frame) for pk, server in found.items()}
