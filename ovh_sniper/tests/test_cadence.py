"""When a poller looks at what: often enough for who waits, never too often for OVH."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest

from ovh_sniper.services.polling import breaker, cadence
from ovh_sniper.services.polling.cadence import EVERYTHING, Cadence, Demand

MINUTE = 60.0


def steady() -> float:
    """No jitter at all."""
    return 0.5


def armed(count: int, interval: float = 5.0, hosts: int = 1) -> Demand:
    plans = tuple(f"plan{number}" for number in range(count))
    return Demand(is_armed=True, plans=plans, interval=interval, armed_hosts=hosts)


def watch(
    demand: Demand, seconds: float, luck: Callable[[], float] = steady
) -> list[tuple[float, str]]:
    """Return what is looked at when, calls taking no time."""
    rhythm, now, looks = Cadence(luck), 0.0, list[tuple[float, str]]()
    while True:
        look = rhythm.next(demand, now)
        now = look.at
        if now >= seconds:
            return looks
        looks.append((now, look.plan_code))
        rhythm.looked(demand, look.plan_code, now, worked=True)


def times(looks: list[tuple[float, str]], plan_code: str) -> list[float]:
    return [at for at, code in looks if code == plan_code]


def longest_wait(looks: list[tuple[float, str]], plan_code: str) -> float:
    """Return for how long a plan went unseen at most; the whole list shows it, too."""
    seen = [at for at, code in looks if code in (plan_code, EVERYTHING)]
    return max(later - sooner for sooner, later in pairwise(seen))


def test_while_nothing_is_armed_the_whole_list_is_looked_at_once_a_minute() -> None:
    assert watch(Demand(), 200) == [(0, ""), (60, ""), (120, ""), (180, "")]


def test_an_armed_plan_is_looked_at_as_often_as_wanted_and_the_rest_now_and_then() -> None:
    looks = watch(armed(1), 62)
    assert times(looks, EVERYTHING) == [0, 30, 60]
    # the whole list shows it, too
    assert times(looks, "plan0") == [5, 10, 15, 20, 25, 35, 40, 45, 50, 55]


@pytest.mark.parametrize(
    ("interval", "full"), [(1, 15), (2, 15), (5, 30), (8, 48), (10, 60), (60, 60)]
)
def test_the_whole_list_is_looked_at_each_15_to_60_seconds(interval: float, full: float) -> None:
    assert cadence.full_interval(armed(1, interval)) == full
    found = times(watch(armed(1, interval), 300), EVERYTHING)
    assert all(later - sooner <= full + 1.2 for sooner, later in pairwise(found))


def test_what_is_armed_but_not_listed_yet_is_waited_for_in_the_whole_list() -> None:
    assert times(watch(armed(0), 100), EVERYTHING) == [0, 30, 60, 90]


@pytest.mark.parametrize("count", [1, 3, 7, 12, 40, 300])
@pytest.mark.parametrize("interval", [0.1, 2.0, 5.0])
def test_no_minute_has_60_calls_and_no_second_has_two(count: int, interval: float) -> None:
    looks = watch(armed(count, interval), 5 * MINUTE)
    called = [at for at, _code in looks]
    assert min(later - sooner for sooner, later in pairwise(called)) >= 1.0
    for at in called:
        assert sum(at <= one < at + MINUTE for one in called) < 60


@pytest.mark.parametrize("hosts", [2, 3])
def test_hosts_share_the_calls_of_this_address(hosts: int) -> None:
    looks = watch(armed(20, 1.0, hosts=hosts), 5 * MINUTE)
    assert hosts * len(looks) / 5 < 60


def test_armed_plans_take_turns() -> None:
    looks = watch(armed(4, 2.0), 5 * MINUTE)
    turns = Counter(code for _at, code in looks if code != EVERYTHING)
    assert len(turns) == 4
    assert max(turns.values()) - min(turns.values()) <= 1
    assert max(longest_wait(looks, code) for code in turns) < 4 * 1.2 + 1.3


def test_where_too_many_plans_take_turns_the_whole_list_shows_all_of_them_sooner() -> None:
    demand = armed(60)
    looks = watch(demand, 5 * MINUTE)
    assert cadence.plan_interval(demand) > 60
    assert all(longest_wait(looks, code) < 17 for code in demand.plans)


def test_a_plan_that_is_armed_now_is_looked_at_at_once() -> None:
    rhythm = Cadence(steady)
    rhythm.looked(armed(0), EVERYTHING, 0, worked=True)
    assert rhythm.next(armed(0), 10).at == 30
    look = rhythm.next(armed(1), 10)
    assert (look.plan_code, look.at) == ("plan0", 10)


def test_a_list_that_failed_waits_its_time_and_shows_nothing_of_its_plans() -> None:
    rhythm, demand = Cadence(steady), armed(1)
    rhythm.looked(demand, EVERYTHING, 0, worked=True)
    rhythm.looked(demand, EVERYTHING, 30, worked=False)
    # the plan was not seen at 30, so it is overdue
    assert rhythm.next(demand, 30) == cadence.Look("plan0", 31.2)
    rhythm.looked(demand, "plan0", 31.2, worked=True)
    rhythm.looked(demand, "plan0", 57, worked=True)
    assert rhythm.next(demand, 60.5).plan_code == EVERYTHING


def test_a_list_in_doubt_is_looked_at_again_as_soon_as_a_call_may_be_made() -> None:
    rhythm, demand = Cadence(steady), Demand()
    rhythm.looked(demand, EVERYTHING, 0, worked=False)
    rhythm.again(EVERYTHING)
    assert rhythm.next(demand, 0) == cadence.Look(EVERYTHING, 1.2)


def test_waits_are_no_metronome() -> None:
    early = watch(Demand(), 100, luck=lambda: 0.0)
    late = watch(Demand(), 100, luck=lambda: 1.0)
    assert (early[1][0], late[1][0]) == (54, 66)
    plan_early = watch(armed(1), 20, luck=lambda: 0.0)
    assert times(plan_early, "plan0")[:3] == [5, 9.5, 14]


def test_after_429_everything_is_slower_and_picks_up_again_slowly() -> None:
    rhythm, demand = Cadence(steady), armed(1)
    rhythm.looked(demand, EVERYTHING, 0, worked=True)
    rhythm.throttled()
    assert rhythm.next(demand, 0).at == 10
    for _time in range(5):
        rhythm.throttled()
    assert rhythm.next(demand, 0).at == 5 * cadence.MOST_STRAIN
    for _look in range(60):
        rhythm.relieved()
    assert rhythm.next(demand, 0).at == 5


def test_operators_read_how_often_what_is_armed_is_looked_at() -> None:
    assert cadence.usual_interval(Demand()) == 60
    assert cadence.usual_interval(armed(1)) == 5
    assert cadence.usual_interval(armed(100)) == 15


# --- After failures


def test_pauses_double_until_the_breaker_opens() -> None:
    assert [breaker.pause(count, 0, 0) for count in range(1, 8)] == [5, 10, 20, 40, 120, 120, 120]
    assert [breaker.is_open(count) for count in range(7)] == [False] * 5 + [True] * 2


def test_a_pause_is_never_shorter_than_ovh_asks_for() -> None:
    assert breaker.pause(1, 30, 0) == 30
    assert breaker.pause(1, 3600, 0) == 3600
    assert breaker.pause(3, 1, 0) == 20


def test_pauses_differ_so_that_pollers_do_not_come_back_together() -> None:
    assert breaker.pause(1, 0, 1) == 6.25
    assert breaker.pause(1, 30, 0.5) == 33.75
