"""Tell how well the chances of a restock would have been estimated."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db.models import Count
from django.utils import timezone

from ovh_sniper.gateways.hosts import ZONES, Host
from ovh_sniper.models import StockInterval
from ovh_sniper.services.forecasting import backtest, generated, history
from ovh_sniper.services.forecasting.backtest import EDGES, Score

# the first day of generated history: any day will do, the same one makes runs comparable
FIRST_DAY = datetime(2027, 1, 1, tzinfo=UTC)
GAPS = 6


class Command(BaseCommand):
    """Walks through history hour by hour, predicts from the past alone, and compares."""

    help = (
        "Walk through the stock history that is kept, predict restocks at each full hour using "
        "only what was known by then, and print the Brier score beside that of the base rate."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to look at."""
        parser.add_argument("--host", choices=[host.value for host in Host], default="eu")
        parser.add_argument("--plan", default="", help="one plan code; else the busiest plans")
        parser.add_argument("--plans", type=int, default=50, help="how many of the busiest plans")
        parser.add_argument("--days", type=int, default=90, help="how far to look back")
        parser.add_argument(
            "--generated",
            type=int,
            default=0,
            metavar="PLANS",
            help="use so many invented plans of a known structure instead of what is kept",
        )
        parser.add_argument("--seed", type=int, default=1, help="for --generated")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run it and print three tables.

        Raises:
            CommandError: nothing could be predicted, or a number makes no sense.
        """
        if min(options["days"], options["plans"]) < 1 or options["generated"] < 0:
            raise CommandError("Days and plans must be positive numbers.")
        found = backtest.scores()
        is_generated = bool(options["generated"])
        run = self._generated if is_generated else self._kept
        plans, restocks = run(found, options)
        if not any(score.count for score in found):
            raise CommandError(
                f"Nothing to predict: {plans} plans with {restocks} restocks are too little."
            )
        source = "GENERATED history" if is_generated else f"Stock history of {options['host']}"
        self.stdout.write(
            f"{source}: {plans} plans, {options['days']} days, {restocks} restocks seen.\n"
        )
        for line in report(found, with_rival=is_generated):
            self.stdout.write(line)

    def _generated(self, found: list[Score], options: dict[str, Any]) -> tuple[int, int]:
        random = Random(options["seed"])  # noqa: S311 - invents history, guards nothing
        zone, restocks = ZONES[Host.EU], 0
        for number in range(options["generated"]):
            truths = generated.truths(random, zone)
            seen = generated.generate(random, FIRST_DAY, options["days"], truths, gaps=GAPS)
            restocks += len(seen.restocks())
            backtest.run(str(number), seen, zone, found, generated.oracle(truths))
        return options["generated"], restocks

    def _kept(self, found: list[Score], options: dict[str, Any]) -> tuple[int, int]:
        host, restocks, count = Host(options["host"]), 0, 0
        until = timezone.now()
        since = until - timedelta(days=options["days"])
        for code in plans(host, options, since):
            seen = history.timeline(host.value, code, since, until)
            restocks += len(seen.restocks())
            count += 1
            backtest.run(code, seen, ZONES[host], found)
        return count, restocks


def plans(host: Host, options: dict[str, Any], since: datetime) -> list[str]:
    """Return the codes of the plans to look at, those with most restocks first."""
    if options["plan"]:
        return [options["plan"]]
    began = StockInterval.objects.filter(
        configuration__host=host.value, opened_at__gte=since, is_baseline=False
    )
    busiest = began.values_list("configuration__plan_code").annotate(count=Count("pk"))
    return [code for code, _count in busiest.order_by("-count")[: options["plans"]]]


def report(found: list[Score], *, with_rival: bool) -> Iterator[str]:
    """Yield the lines of the tables."""
    rival = f"{'best possible':>15}" if with_rival else ""
    yield "Brier score, less is better:"
    yield f"{'within':>8}{'predictions':>13}{'came back':>11}{'estimate':>10}" + (
        f"{'base rate':>11}{'own rates':>11}{rival}{'skill':>8}"
    )
    for score in found:
        best = f"{score.rival_brier:>15.4f}" if with_rival else ""
        skill = 1 - score.brier / score.base_brier if score.base_brier else 0.0
        yield (
            f"{score.horizon.hours:>6} h{score.count:>13,}{score.base_rate:>11.1%}"
            f"{score.brier:>10.4f}{score.base_brier:>11.4f}{score.place_brier:>11.4f}"
            f"{best}{skill:>8.1%}"
        )
    for score in found:
        yield f"\nReliability within {score.horizon.hours} h:"
        yield f"{'predicted':>12}{'predictions':>13}{'on average':>12}{'came back':>11}"
        lower = 0.0
        for edge, one in zip(EDGES, score.bins, strict=True):
            if one.count:
                yield (
                    f"{lower:>5.0%} – {edge:>4.0%}{one.count:>13,}"
                    f"{one.predicted / one.count:>12.1%}{one.came / one.count:>11.1%}"
                )
            lower = edge
