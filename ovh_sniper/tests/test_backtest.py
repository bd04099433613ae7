"""Whether the chances would have been right: on invented history, and on what is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from io import StringIO
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ovh_sniper.models import Configuration, StockInterval, Unwatched
from ovh_sniper.services.forecasting import backtest, generated, history
from ovh_sniper.services.forecasting.backtest import Score
from ovh_sniper.services.forecasting.generated import Truth
from ovh_sniper.services.forecasting.history import Timeline
from ovh_sniper.services.forecasting.restock_model import Horizon
from ovh_sniper.tests.spans import DAY, HOUR, START, daily, timeline

PARIS = ZoneInfo("Europe/Paris")


def scores(seen: Timeline) -> list[Score]:
    found = backtest.scores()
    backtest.run("plan", seen, PARIS, found)
    return found


def made(
    seed: int, days: int = 90, *, is_plain: bool = False, gaps: int = 6
) -> tuple[Timeline, list[Truth]]:
    random = Random(seed)  # noqa: S311 - invents history, guards nothing
    truths = [
        Truth(place, rate, PARIS, is_plain) for place, rate in (("gra", 1 / 30), ("bhs", 1 / 90))
    ]
    return generated.generate(random, START, days, truths, gaps=gaps), truths


def backtested(
    seeds: Iterable[int], days: int, *, is_plain: bool = False, asks_oracle: bool = False
) -> list[Score]:
    found = backtest.scores()
    for seed in seeds:
        seen, truths = made(seed, days, is_plain=is_plain)
        rival = generated.oracle(truths) if asks_oracle else None
        backtest.run(str(seed), seen, PARIS, found, rival)
    return found


def test_it_beats_the_base_rate_that_only_hindsight_knows() -> None:
    for score in backtested(range(1, 9), 120):
        assert score.count > 20_000
        assert score.brier < score.base_brier


def test_it_comes_near_the_best_there_can_be() -> None:
    for score in backtested(range(1, 4), 70, asks_oracle=True):
        assert score.rival_brier < score.brier < 1.15 * score.rival_brier


def test_it_invents_nothing_where_there_is_nothing_to_find() -> None:
    soon, day = backtested(range(1, 4), 60, is_plain=True, asks_oracle=True)
    assert soon.brier == pytest.approx(soon.rival_brier, rel=0.03)
    assert day.brier == pytest.approx(day.rival_brier, rel=0.1)


def test_what_it_says_happens_as_often_as_it_says() -> None:
    for score in backtested(range(1, 13), 100):
        assert sum(one.predicted for one in score.bins) / score.count == pytest.approx(
            score.base_rate, rel=0.1
        )
        many = [one for one in score.bins if one.count > score.count / 20]
        assert len(many) >= 2
        for one in many:
            assert one.predicted / one.count == pytest.approx(one.came / one.count, abs=0.08)


def test_a_prediction_knows_only_the_past() -> None:
    seen, _truths = made(5, days=60)
    cut = START + 40 * DAY
    # another future: after that day it never comes back
    places = {
        place: [one for one in spans if one.opened_at < cut] for place, spans in seen.places.items()
    }
    real, other = (_predictions(one, cut) for one in (seen, replace(seen, places=places)))
    assert len(real) > 500
    assert real == other
    assert _predictions(seen, seen.until) != _predictions(replace(seen, places=places), seen.until)


def _predictions(seen: Timeline, until: datetime) -> list[float]:
    """Return what was predicted until some time, whatever became of it."""
    said: list[float] = []

    class Kept(Score):
        def add(self, place: tuple[str, str], predicted: float, *, came: bool) -> None:
            said.append(predicted)

    def rival(place: str, at: datetime, age: float, hours: float) -> float:
        if at >= until:
            said.pop()
        return 0.0

    backtest.run("plan", seen, PARIS, [Kept(Horizon.HOUR)], rival)
    return said


def test_what_nobody_saw_the_end_of_is_not_scored() -> None:
    spans = daily(30, lambda day: 10.2)
    whole = timeline(30 * 24, *spans)
    blind = timeline(30 * 24, *spans, gaps=((25 * 24, 26 * 24),))
    # a day that nobody saw, and the day before it of which nobody saw the end
    for score, other in zip(scores(whole), scores(blind), strict=True):
        assert score.count - other.count == 48


def test_scores_are_what_they_should_be() -> None:
    score = Score(Horizon.HOUR)
    for place, predicted, came in (
        ("a", 0.5, True),
        ("a", 0.5, False),
        ("b", 0.0, False),
        ("b", 1.0, True),
    ):
        score.add(("plan", place), predicted, came=came)
    assert score.brier == pytest.approx(0.125)
    assert (score.base_rate, score.base_brier, score.place_brier) == (0.5, 0.25, 0.25)
    assert [one.count for one in score.bins if one.count] == [1, 2, 1]


# --- The command


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("ovh_backtest", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_when_its_history_is_invented() -> None:
    said = printed("--generated", "2", "--days", "40", "--seed", "3")
    assert "GENERATED" in said
    assert "best possible" in said
    assert "Reliability within 24 h" in said
    assert said == printed("--generated", "2", "--days", "40", "--seed", "3")


@pytest.mark.django_db
def test_the_command_walks_through_what_is_kept() -> None:
    now = timezone.now()
    configuration = Configuration.objects.create(
        host="eu", fqn="27sk15.a", plan_code="27sk15", first_seen=now - 40 * DAY, last_seen=now
    )
    StockInterval.objects.bulk_create(
        StockInterval(
            configuration=configuration,
            datacenter="gra",
            availability="1H-low",
            delivery_hours=1,
            best_hours=1,
            opened_at=now - day * DAY,
            closed_at=now - day * DAY + HOUR,
        )
        for day in range(1, 40)
    )
    Unwatched.objects.create(host="eu", since=now - 3 * DAY, until=now - 2.5 * DAY)
    said = printed("--host", "eu", "--days", "60")
    assert "Stock history of eu: 1 plans, 60 days, 39 restocks" in said
    assert "best possible" not in said
    assert "39 restocks" in printed("--plan", "27sk15")
    seen = history.timeline("eu", "27sk15", now - 60 * DAY, now)
    score = Score(Horizon.HOUR)
    backtest.run("27sk15", seen, PARIS, [score])
    assert f"{score.brier:.4f}" in said


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [(), ("--days", "0"), ("--plan", "none"), ("--plans", "-1")])
def test_the_command_says_what_it_cannot_do(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        printed(*arguments)
