"""Fills a store with wishes, then times looks at OVH's whole stock list; prints JSON lines.

`python -m benchmarks.ovh_matching WISHES ROUNDS` under DJANGO_SETTINGS_MODULE=benchmarks.settings,
with OVH_API_URL at the emulator: its list has the true volume, about 9,000 rows.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import django
import httpx
import orjson

from benchmarks.report import p99

if TYPE_CHECKING:
    from ovh_sniper.gateways.stock import StockRow

T = TypeVar("T")
TENANTS = 1_000
PLACES = 50  # configurations and datacenters that come in stock at one look
HOST, SUBSIDIARY = "eu", "FR"
PATH = "/dedicated/server/datacenter/availabilities"


def main(wishes: int, rounds: int) -> None:
    """Measure and print."""
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from ovh_sniper.gateways.hosts import Host, api_url
    from ovh_sniper.services.matching import reacting
    from ovh_sniper.services.stock import intervals

    call_command("migrate", verbosity=0)
    content = httpx.get(api_url(Host.EU) + PATH, timeout=60).content
    rows = _parse(content)
    _wish(rows, wishes)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    known = intervals.load(Host.EU)
    intervals.apply(known, rows, timezone.now())
    spent: dict[str, list[float]] = {name: [] for name in ("parse", "diff", "match", "all")}
    found = 0
    pick = random.Random(7)  # noqa: S311 - the same places at every run
    for _round in range(rounds):
        moved = _moved(rows, pick)
        parse = _timed(lambda: _parse(content))[1]
        changes, diff = _timed(partial(intervals.apply, known, moved, _now()))
        fitting, match = _timed(partial(reacting.find, HOST, changes, _now()))
        found = sum(map(len, fitting.values()))
        for name, value in (("parse", parse), ("diff", diff), ("match", match)):
            spent[name].append(value)
        spent["all"].append(parse + diff + match)
        intervals.apply(known, rows, timezone.now())
    for name, values in spent.items():
        spread = f"{min(values):.0f} to {max(values):.0f}"
        _say(f"ovh.look.{name}", statistics.median(values), "ms", spread)
    _say("ovh.look.all_p99", p99(spent["all"]), "ms", f"{rounds} looks")
    _say("ovh.look.rows", len(rows), "rows", "")
    _say("ovh.look.wishes_found", found, "", f"of {wishes:,} armed, {PLACES} places opened")
    _one_plan(rows, known, pick)


def _one_plan(rows: Sequence[StockRow], known: Any, pick: random.Random) -> None:
    """The worst look: every wish that is armed wants the plan that came."""
    from ovh_sniper.models import Wish
    from ovh_sniper.services.matching import reacting
    from ovh_sniper.services.stock import intervals
    from tenants.scoping import unscoped

    row = pick.choice(rows)
    with unscoped("a benchmark"):
        Wish.objects.update(plan_code=row.plan_code, memory="", datacenters=[])
    moved = [_opened(one, 1) if one.fqn == row.fqn else one for one in rows]
    changes = intervals.apply(known, moved, _now())
    fitting, match = _timed(lambda: reacting.find(HOST, changes, _now()))
    count = sum(len(one) for one in fitting.values())
    _say("ovh.look.match_all", match, "ms", f"all wishes want the one plan that came: {count:,}")


def _parse(content: bytes) -> tuple[StockRow, ...]:
    """Parse an answer as the gateway does."""
    from ovh_sniper.gateways.bulk import uncollected
    from ovh_sniper.gateways.stock import parse_rows

    with uncollected():
        return parse_rows(orjson.loads(content))


def _now() -> datetime:
    from django.utils import timezone

    return timezone.now()


def _timed(act: Callable[[], T]) -> tuple[T, float]:
    begun = time.perf_counter()
    value = act()
    return value, (time.perf_counter() - begun) * 1000


def _moved(rows: Sequence[StockRow], pick: random.Random) -> list[StockRow]:
    """Return the list with some places in stock that were not."""
    changed = list(rows)
    for index in pick.sample(range(len(rows)), PLACES):
        changed[index] = _opened(changed[index], 1)
    return changed


def _opened(row: StockRow, count: int) -> StockRow:
    opened = [(place, "1H-high") for place, _word in row.datacenters[:count]]
    return row._replace(datacenters=(*opened, *row.datacenters[count:]))


def _wish(rows: Sequence[StockRow], count: int) -> None:
    from ovh_sniper.models import Wish
    from tenants.models import Tenant
    from tenants.scoping import scope

    pick = random.Random(11)  # noqa: S311 - the same wishes at every run
    tenants = [Tenant(slug=f"t-{number}", name=f"T {number}") for number in range(TENANTS)]
    for number, tenant in enumerate(Tenant.objects.bulk_create(tenants)):
        share = count // TENANTS + (number < count % TENANTS)
        with scope(tenant):
            Wish.objects.bulk_create(_wished(pick.choice(rows), tenant, pick) for _ in range(share))


def _wished(row: StockRow, tenant: Any, pick: random.Random) -> Any:
    from ovh_sniper.models import Wish

    places = [place for place, _word in row.datacenters]
    return Wish(
        tenant=tenant,
        host=HOST,
        subsidiary=SUBSIDIARY,
        plan_code=row.plan_code,
        memory=pick.choice(["", row.memory]),
        storage=pick.choice(["", "", row.storage]),
        datacenters=pick.sample(places, min(len(places), pick.randrange(3))),
        max_delivery_hours=pick.choice([None, 24, 72]),
    )


def _say(name: str, value: float, unit: str, note: str) -> None:
    print(json.dumps({"name": name, "value": value, "unit": unit, "note": note}), flush=True)


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]), int(sys.argv[2]))
