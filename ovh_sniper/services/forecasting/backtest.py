"""Would the estimate have been right? A walk through history that knows only the past."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ovh_sniper.services.forecasting import chances
from ovh_sniper.services.forecasting.history import Timeline
from ovh_sniper.services.forecasting.restock_model import Horizon, Model

# Upper edges of the reliability table's rows.
EDGES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
Rival = Callable[[str, datetime, float, float], float]


@dataclass(slots=True)
class Bin:
    """Predictions of about the same size, and what became of them."""

    count: int = 0
    predicted: float = 0.0
    came: int = 0


@dataclass(slots=True)
class Score:
    """How predictions for one horizon fared. All errors are mean squares (Brier)."""

    horizon: Horizon
    count: int = 0
    came: int = 0
    squares: float = 0.0
    rival_squares: float = 0.0
    bins: list[Bin] = field(default_factory=lambda: [Bin() for _edge in EDGES])
    by_place: dict[tuple[str, str], Bin] = field(default_factory=lambda: defaultdict(Bin))

    def add(self, place: tuple[str, str], predicted: float, *, came: bool) -> None:
        """Take in a prediction and what became of it."""
        self.count += 1
        self.came += came
        self.squares += (predicted - came) ** 2
        at = min(bisect_right(EDGES, predicted), len(EDGES) - 1)
        for one in (self.bins[at], self.by_place[place]):
            one.count += 1
            one.predicted += predicted
            one.came += came

    @property
    def brier(self) -> float:
        """The estimate's error."""
        return self.squares / self.count if self.count else 0.0

    @property
    def base_rate(self) -> float:
        """How often it came back, over all predictions."""
        return self.came / self.count if self.count else 0.0

    @property
    def base_brier(self) -> float:
        """The error of naming the base rate each time, which only hindsight knows."""
        return self.base_rate * (1 - self.base_rate)

    @property
    def place_brier(self) -> float:
        """The error of naming each plan's and datacenter's own rate, which hindsight knows."""
        if not self.count:
            return 0.0
        return (
            sum(one.came * (1 - one.came / one.count) for one in self.by_place.values())
            / self.count
        )

    @property
    def rival_brier(self) -> float:
        """The error of the rival that was asked alongside."""
        return self.rival_squares / self.count if self.count else 0.0


def scores() -> list[Score]:
    """Return the empty scores of both horizons."""
    return [Score(horizon) for horizon in Horizon]


def run(
    name: str, seen: Timeline, zone: ZoneInfo, into: Sequence[Score], rival: Rival | None = None
) -> None:
    """Walk through one plan's history, and add to the scores.

    Predictions are made at each full hour for what was out of stock then, where the estimate says
    anything at all, and where somebody looked until it was decided.
    """
    past = _Past(seen, zone)
    for moment in chances.moments(seen, zone):
        # what is known a day later was asked a day before
        asked = moment.known - Horizon.DAY.hours
        past.learn_until(asked)
        _name, place, hour, weekday, age, *came = moment
        for score in into:
            predicted = past.model.chance(score.horizon, place, age, hour, weekday)
            if predicted is None:
                continue
            became = came[score.horizon]
            score.add((name, place), predicted, came=became)
            if rival is not None:
                at = datetime.fromtimestamp(asked * 3600, UTC)
                named = rival(place, at, age, score.horizon.hours)
                score.rival_squares += (named - became) ** 2


class _Past:
    """What is known at some moment of a history."""

    def __init__(self, seen: Timeline, zone: ZoneInfo) -> None:
        self.model = Model()
        self._moments = deque(chances.moments(seen, zone))
        began = [(one.opened_at.timestamp() / 3600, one.datacenter) for one in seen.restocks()]
        self._restocks = deque(sorted(began))

    def learn_until(self, index: int) -> None:
        """Take in all that is known by a full hour, counted since 1970."""
        while self._moments and self._moments[0].known <= index:
            self.model.learn(self._moments.popleft())
        while self._restocks and self._restocks[0][0] <= index:
            self.model.count(self._restocks.popleft()[1])
