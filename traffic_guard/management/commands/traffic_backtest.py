"""How good forecasts of traffic were: of a tenant's finished cycles, or of generated traffic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.services.forecasting import backtest, generated
from traffic_guard.services.forecasting.backtest import Backtest

CYCLES = 4


class Command(BaseCommand):
    """Prints a table for each thing asked for."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="slug of the tenant whose readings are asked")
        parser.add_argument(
            "--generated", action="store_true", help="ask invented traffic of known habits"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        now = timezone.now()
        if options["generated"]:
            for name, found in of_generated().items():
                self._show(name, found)
        elif options["tenant"]:
            self._show(options["tenant"], self._of_tenant(options["tenant"], now))
        else:
            raise CommandError("Name a --tenant, or ask for --generated.")

    def _of_tenant(self, slug: str, now: datetime) -> Backtest:
        tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {slug}.")
        with scope(tenant, transaction=False):
            return backtest.of_tenant(now)

    def _show(self, name: str, found: Backtest) -> None:
        self.stdout.write(f"{name}: {found.cycles} finished cycles")
        head = "days before  forecasts  off by (% of package)  ran out: foretold/unforeseen/false"
        self.stdout.write(f"  {head}  hours off")
        for score in backtest.table(found.scores):
            hours = "" if score.mean_hours_off is None else f"{score.mean_hours_off:.1f}"
            runs = f"{score.foretold}/{score.unforeseen}/{score.false_alarms}"
            self.stdout.write(
                f"  {score.days:>11}  {score.count:>9}  {score.mean_miss:>21.1f}  {runs:>38}"
                f"  {hours:>9}"
            )


def of_generated() -> Mapping[str, Backtest]:
    """Return how forecasts fare on each habit."""
    found = {}
    for habit in generated.HABITS:
        points, hours = generated.generate(habit, CYCLES)
        found[habit.name] = Backtest()
        backtest.add(found[habit.name], points, hours, points[-1].cycle_end)
    return found
