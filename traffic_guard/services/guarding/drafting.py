"""What is known of an account's servers at one moment, and the verdict on each; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from traffic_guard.models import Account, Package, Preferences, Server, ServerPackage
from traffic_guard.services.forecasting import forecast
from traffic_guard.services.guarding import facts, gates, rehearsals, samples
from traffic_guard.services.guarding.alarms import Seen
from traffic_guard.services.guarding.gates import Setting
from traffic_guard.services.guarding.history import History
from traffic_guard.services.guarding.judging import Case, judge
from traffic_guard.services.guarding.verdicts import Verdict
from traffic_guard.services.policies import resolving, thresholds
from traffic_guard.services.readings import live, sums
from traffic_guard.services.readings.sums import Standing


@dataclass(slots=True)
class Draft:
    """What is known of one server before anything is written."""

    seen: Seen
    is_dry: bool

    @property
    def facts(self) -> facts.Facts:
        """What the verdict rests on."""
        seen = self.seen
        return facts.of_case(seen.server, seen.case, seen.judgement, seen.standing, seen.effective)


def drafts(
    account: Account, servers: Sequence[Server], preferences: Preferences, now: datetime
) -> list[Draft]:
    """Judge all servers of an account, with its tenant; queries do not grow with their number."""
    known = Known(account, servers, preferences, now)
    return [known.draft(server) for server in servers]


class Known:
    """All that the verdicts on an account's servers need, read at once."""

    def __init__(
        self, account: Account, servers: Sequence[Server], preferences: Preferences, now: datetime
    ) -> None:
        self._account, self._preferences, self._now = account, preferences, now
        self._policies = resolving.effective_many(servers)
        self._standings = sums.standings(servers, now, lambda one: self._policies[one.pk].max_age)
        longest = max((one.max_age for one in self._policies.values()), default=timedelta(0))
        self._samples = samples.recent(self._standings, now, longest)
        self._hours = live.hours_of([one.pk for one in servers], now - live.FURTHEST)
        self._first_ends = rehearsals.first_cycle_ends(servers)
        self._history = History(servers, now)
        self._unchosen = _unchosen(servers)
        self._twins = _spared_twins(account, servers, now)
        self._forecasts = forecast.of_servers(servers, now, self._standings)

    def draft(self, server: Server) -> Draft:
        """Judge one of them."""
        effective, standing = self._policies[server.pk], self._standings[server.pk]
        first_end = self._first_ends.get(server.pk)
        is_dry = rehearsals.is_dry(effective, first_end, self._now)
        case = self._case(server, standing, is_dry=is_dry)
        judgement = judge(case)
        seen = Seen(
            server,
            standing,
            effective,
            case,
            judgement,
            self._forecasts.get(server.pk),
            judgement.verdict,
            self._history.restarted(server),
        )
        return Draft(seen, is_dry)

    def _case(self, server: Server, standing: Standing, *, is_dry: bool) -> Case:
        effective = self._policies[server.pk]
        return Case(
            now=self._now,
            samples=self._samples[server.pk],
            trouble=standing.trouble,
            cycle_start=standing.cycle_start,
            threshold=thresholds.bytes_of(effective, standing.total),
            live_left=standing.live_remaining,
            counted_left=self._counted_left(server, standing),
            max_age=effective.max_age,
            power=server.power,
            power_at=server.power_at,
            is_kept_off=server.kept_off_by_id is not None,
            objection=self._objection(server),
            history=self._history.word(server, effective, is_dry=is_dry),
        )

    def _counted_left(self, server: Server, standing: Standing) -> int | None:
        if any(one.kind == Package.Kind.SHARED for one in standing.packages):
            return None  # nobody knows it of all who share one
        hours = self._hours.get(server.pk, {})
        is_off = live.is_off(server)
        return samples.counted_left(self._samples[server.pk], hours, self._now, is_off=is_off)

    def _objection(self, server: Server) -> str:
        if server.pk in self._unchosen:
            return Verdict.NOT_CHOSEN
        setting = Setting(
            self._account.tenant,
            self._account,
            self._preferences,
            self._policies[server.pk],
            self._now,
        )
        return gates.objection(server, setting) or self._twins.get(server.cloud_id, "")


def _unchosen(servers: Sequence[Server]) -> set[int]:
    """Return the servers with a shared package that their tenant did not name them for."""
    links = ServerPackage.objects.filter(
        server__in=list(servers),
        is_chosen=False,
        package__kind=Package.Kind.SHARED,
        package__ended_at=None,
        package__successor=None,
    )
    return set(links.values_list("server_id", flat=True))


def _spared_twins(account: Account, servers: Sequence[Server], now: datetime) -> dict[str, str]:
    """Return why servers are spared that another account of the tenant shows too, by cloud id.

    The same account of a cloud can be linked twice, with other keys: what people said of one row
    holds for the machine.
    """
    spared = Q(is_protected=True) | Q(paused_until__gt=now) | Q(skipped_cycle_end__gt=now)
    rows = Server.objects.filter(spared, cloud_id__in=[one.cloud_id for one in servers])
    others = rows.filter(account__provider=account.provider, account__left_at=None, hidden_at=None)
    return {
        cloud_id: Verdict.PROTECTED if is_protected else Verdict.PAUSED
        for cloud_id, is_protected in others.exclude(account=account)
        .order_by("is_protected")
        .values_list("cloud_id", "is_protected")
    }
