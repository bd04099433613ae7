"""Which regions of an account do not answer, so that they cost its polls little.

A call to such a region takes as long as a time-out. After each failure in a row it is left alone
for a longer while, up to a quarter of an hour, and regions that answer are asked before it. What is
remembered is a finding of the account (accounts/findings.py), kept apart from those of
the check in `Account.away`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from traffic_guard.gateways.cloud import Place
from traffic_guard.models import Account, Server
from traffic_guard.services.readings import cadence

CODE = "region_away"
# what a region is asked for; each may fail by itself
SERVERS, COUNTER = "servers", "counter"
# after so many failures in a row it is no longer known whether servers run
LOST = 2
# it is left alone no longer: somewhat shorter than the usual wait, so that each such poll asks it
LONGEST_REST = timedelta(minutes=12)
Stored = dict[str, Any]


@dataclass(slots=True)
class Memory:
    """What is remembered of an account's regions, at one poll; `stored` is what to keep of it."""

    stored: list[Stored]
    now: datetime

    def rests(self, region: str, part: str) -> bool:
        """Tell whether a region is not to be asked yet."""
        found = self._of(region, part)
        return found is not None and datetime.fromisoformat(found["until"]) > self.now

    def failed(self, region: str, part: str) -> None:
        """Note that a region did not answer."""
        found = self._of(region, part) or {"since": self.now.isoformat(), "times": 0}
        times = int(found["times"]) + 1
        until = self.now + min(cadence.pause(times, cadence.USUAL), LONGEST_REST)
        self.answered(region, part)
        self.stored.append(
            {
                "code": CODE,
                "region": region,
                "part": part,
                "since": found["since"],
                "at": self.now.isoformat(),
                "until": until.isoformat(),
                "times": times,
            }
        )

    def answered(self, region: str, part: str) -> None:
        """Note that a region answered."""
        found = self._of(region, part)
        self.stored = [one for one in self.stored if one is not found]

    def keep(self, regions: Iterable[str]) -> None:
        """Forget regions in which nothing is watched any more."""
        known = set(regions)
        self.stored = [one for one in self.stored if one["region"] in known]

    @property
    def lost(self) -> dict[str, datetime]:
        """The regions of which it is not known any more what servers do; when each failed last."""
        return {
            one["region"]: datetime.fromisoformat(one["at"])
            for one in self.stored
            if one["part"] == SERVERS and int(one["times"]) >= LOST
        }

    def _of(self, region: str, part: str) -> Stored | None:
        for one in self.stored:
            if (one["region"], one["part"]) == (region, part):
                return one
        return None


def failures(away: Iterable[Stored]) -> dict[str, int]:
    """Return how often in a row regions did not say what their servers do; of an account."""
    return {one["region"]: int(one["times"]) for one in away if one["part"] == SERVERS}


def heard(account_id: int, region: str) -> None:
    """Forget that a region did not say what its servers do: it has, and not to a poll.

    A poll that is under way writes what it finds itself.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).only("away").get(pk=account_id)
        kept = [one for one in account.away if (one["region"], one["part"]) != (region, SERVERS)]
        Account.objects.filter(pk=account_id).update(away=kept)


def in_order(
    places: Iterable[tuple[Place, list[Server]]], away: Sequence[Stored]
) -> list[tuple[Place, list[Server]]]:
    """Return places, those last that did not answer, the others by who waits longest.

    So a poll whose time is spent leaves out other places than the one before. `away` is what is
    remembered of their account.
    """
    failed = failures(away)

    def rank(one: tuple[Place, list[Server]]) -> tuple[int, float]:
        place, servers = one
        # 0: never seen
        seen = [server.power_at.timestamp() if server.power_at else 0.0 for server in servers]
        return failed.get(place.region, 0), min(seen)

    return sorted(places, key=rank)
