"""Stock is kept as intervals: what opens, changes and closes them, and who may write."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from emulators.ovh.stock import ANSWERS, is_orderable
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import shelf
from ovh_sniper.models import Configuration, StockInterval, Unwatched
from ovh_sniper.services.stock import intervals as stock
from ovh_sniper.services.stock.intervals import CHANGED, CLOSED, OPENED, Superseded
from ovh_sniper.tests.shelves import (
    LARGE,
    OTHER,
    SMALL,
    at,
    intervals,
    row,
    started,
    told,
)

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
OUT = "unavailable"


# --- What opens and closes


def test_stock_that_appears_opens_an_interval_and_its_end_closes_it() -> None:
    known = started(row(SMALL, gra=OUT, rbx=OUT))
    (opened,) = stock.apply(known, [row(SMALL, gra="1H-low", rbx=OUT)], at(5))
    assert (opened.kind, opened.row.fqn, opened.datacenter) == (OPENED, SMALL, "gra")
    assert (opened.availability, opened.hours, opened.at) == ("1H-low", 1, at(5))
    assert not opened.is_baseline
    assert intervals() == [("gra", 5, None)]
    assert stock.apply(known, [row(SMALL, gra="1H-low", rbx=OUT)], at(10)) == []
    (closed,) = stock.apply(known, [row(SMALL, gra=OUT, rbx=OUT)], at(15))
    assert (closed.kind, closed.datacenter, closed.at) == (CLOSED, "gra", at(15))
    # what it was before it ended
    assert (closed.availability, closed.interval_id) == ("1H-low", opened.interval_id)
    assert intervals() == [("gra", 5, 15)]


@pytest.mark.parametrize("word", [*ANSWERS, "3H", "1H-medium", "H-low", "1h-low", "", "soon"])
def test_only_a_delivery_time_is_stock(word: str) -> None:
    known = started(row(SMALL, gra=OUT))
    changes = stock.apply(known, [row(SMALL, gra=word)], at(5))
    is_stock = word == "3H" or (word in ANSWERS and is_orderable(word))
    assert [one.kind for one in changes] == ([OPENED] if is_stock else [])
    assert len(intervals()) == int(is_stock)


@pytest.mark.parametrize("word", [OUT, "comingSoon", "unknown", "whatever"])
def test_whatever_is_no_stock_ends_it(word: str) -> None:
    known = started(row(SMALL, gra=OUT))
    stock.apply(known, [row(SMALL, gra="72H")], at(5))
    assert told(stock.apply(known, [row(SMALL, gra=word)], at(10))) == [(CLOSED, SMALL, "gra")]
    assert intervals() == [("gra", 5, 10)]


def test_delivery_that_changes_moves_the_interval_and_keeps_the_quickest() -> None:
    known = started(row(SMALL, gra=OUT))
    stock.apply(known, [row(SMALL, gra="72H")], at(5))
    (quicker,) = stock.apply(known, [row(SMALL, gra="1H-low")], at(10))
    assert (quicker.kind, quicker.availability, quicker.hours) == (CHANGED, "1H-low", 1)
    stock.apply(known, [row(SMALL, gra="240H")], at(15))
    one = StockInterval.objects.get()
    assert (one.availability, one.delivery_hours, one.best_hours) == ("240H", 240, 1)
    assert (one.opened_at, one.closed_at) == (at(5), None)


def test_stock_that_comes_back_is_a_new_interval_and_says_how_long_it_was_out() -> None:
    known = started(row(SMALL, gra=OUT))
    (first,) = stock.apply(known, [row(SMALL, gra="1H-low")], at(5))
    assert first.out_for is None  # nobody knows since when
    stock.apply(known, [row(SMALL, gra=OUT)], at(60))
    (again,) = stock.apply(known, [row(SMALL, gra="1H-high")], at(360))
    assert (again.kind, again.out_for) == (OPENED, 300)
    assert again.interval_id != first.interval_id
    assert intervals() == [("gra", 5, 60), ("gra", 360, None)]


def test_places_of_a_configuration_are_independent() -> None:
    known = started(row(SMALL, gra=OUT, rbx=OUT), row(LARGE, gra=OUT))
    changes = stock.apply(known, [row(SMALL, gra="1H-low", rbx="72H"), row(LARGE, gra=OUT)], at(5))
    assert told(changes) == [(OPENED, SMALL, "gra"), (OPENED, SMALL, "rbx")]
    changes = stock.apply(known, [row(SMALL, gra="1H-low", rbx=OUT), row(LARGE, gra="24H")], at(10))
    assert told(changes) == [(OPENED, LARGE, "gra"), (CLOSED, SMALL, "rbx")]


def test_a_row_or_a_datacenter_that_is_new_is_stock_that_appeared() -> None:
    known = started(row(SMALL, gra=OUT))
    changes = stock.apply(known, [row(SMALL, gra=OUT, rbx="1H-low"), row(OTHER, vin="1H")], at(5))
    assert told(changes) == [(OPENED, SMALL, "rbx"), (OPENED, OTHER, "vin")]


# --- The first look of all


def test_the_first_look_is_the_baseline() -> None:
    known = stock.load(Host.EU)
    (there,) = stock.apply(known, [row(SMALL, gra="72H")], at(0))
    assert there.is_baseline
    assert StockInterval.objects.get().is_baseline
    (later,) = stock.apply(known, [row(SMALL, gra="72H", rbx="72H")], at(5))
    assert not later.is_baseline


def test_a_process_that_starts_again_has_no_second_baseline() -> None:
    started(row(SMALL, gra="72H", rbx=OUT))
    again = stock.load(Host.EU)
    (opened,) = stock.apply(again, [row(SMALL, gra="72H", rbx="1H-low")], at(60))
    assert (opened.datacenter, opened.is_baseline) == ("rbx", False)


def test_each_host_has_its_own_baseline() -> None:
    started(row(SMALL, gra="72H"))
    (there,) = stock.apply(stock.load(Host.US), [row(SMALL, gra="72H")], at(60))
    assert there.is_baseline
    assert told(stock.in_stock(Host.EU)) == told(stock.in_stock(Host.US))
    assert {one.interval_id for one in stock.in_stock(Host.EU)} != {there.interval_id}


# --- Looks at one plan


def test_a_look_at_one_plan_closes_nothing_of_another() -> None:
    known = started(row(SMALL, gra=OUT), row(OTHER, gra=OUT))
    stock.apply(known, [row(SMALL, gra="1H-low"), row(OTHER, gra="1H-low")], at(5))
    changes = stock.apply(known, [row(SMALL, gra=OUT)], at(10), plan_code="27sk15")
    assert told(changes) == [(CLOSED, SMALL, "gra")]
    assert told(stock.in_stock(Host.EU)) == [(OPENED, OTHER, "gra")]


def test_a_plan_that_lists_nothing_any_more_is_sold_out() -> None:
    known = started(row(SMALL, gra="1H-low"), row(OTHER, gra="1H-low"))
    changes = stock.apply(known, [], at(10), plan_code="27sk15")
    assert told(changes) == [(CLOSED, SMALL, "gra")]


def test_what_a_look_at_one_plan_opened_the_whole_list_does_not_open_again() -> None:
    known = started(row(SMALL, gra=OUT), row(OTHER, gra=OUT))
    stock.apply(known, [row(SMALL, gra="1H-low")], at(5), plan_code="27sk15")
    assert stock.apply(known, [row(SMALL, gra="1H-low"), row(OTHER, gra=OUT)], at(10)) == []
    assert intervals() == [("gra", 5, None)]


# --- Configurations


def test_a_configuration_that_is_listed_no_more_is_gone_and_may_come_back() -> None:
    known = started(row(SMALL, gra="72H"), row(OTHER, gra=OUT))
    assert told(stock.apply(known, [row(OTHER, gra=OUT)], at(5))) == [(CLOSED, SMALL, "gra")]
    gone = Configuration.objects.get(fqn=SMALL)
    assert (gone.is_gone, gone.last_seen) == (True, at(5))
    assert not Configuration.objects.get(fqn=OTHER).is_gone
    back = stock.apply(known, [row(OTHER, gra=OUT), row(SMALL, gra="72H")], at(65))
    assert [(one.kind, one.out_for) for one in back] == [(OPENED, 60)]
    assert not Configuration.objects.get(fqn=SMALL).is_gone
    assert Configuration.objects.count() == 2


def test_a_look_at_one_plan_lets_no_configuration_be_gone() -> None:
    known = started(row(SMALL, gra=OUT), row(LARGE, gra=OUT), row(OTHER, gra=OUT))
    stock.apply(known, [row(SMALL, gra=OUT)], at(5), plan_code="27sk15")
    assert not Configuration.objects.filter(is_gone=True).exists()


def test_the_parts_of_a_row_are_kept_as_they_are() -> None:
    parts = {"memory": "ram-64g-ecc-3200", "storage": "x", "system_storage": "y", "gpu": "l4"}
    memory, storage, system_storage, gpu = parts.values()
    started(
        row(SMALL, gra=OUT)._replace(
            memory=memory, storage=storage, system_storage=system_storage, gpu=gpu
        )
    )
    one = Configuration.objects.get()
    assert {name: getattr(one, name) for name in parts} == parts
    assert (one.plan_code, one.server) == ("27sk15", "27sk15")


# --- What is there


def test_what_is_in_stock_is_told_as_if_it_had_just_opened() -> None:
    known = started(row(SMALL, gra="72H"), row(OTHER, gra=OUT))
    stock.apply(known, [row(SMALL, gra="1H-low"), row(OTHER, gra="24H")], at(30))
    there = stock.in_stock(Host.EU)
    assert told(there) == [(OPENED, SMALL, "gra"), (OPENED, OTHER, "gra")]
    assert [(one.hours, one.at, one.is_baseline) for one in there] == [
        (1, at(0), True),
        (24, at(30), False),
    ]
    assert told(stock.in_stock(Host.EU, "27rise03")) == [(OPENED, OTHER, "gra")]
    assert told(stock.in_stock(Host.EU, since=at(10))) == [(OPENED, OTHER, "gra")]
    assert stock.in_stock(Host.CA) == []


# --- Two processes


def test_of_two_processes_only_the_later_one_writes() -> None:
    first = started(row(SMALL, gra=OUT))
    second = stock.load(Host.EU)
    with pytest.raises(Superseded):
        stock.apply(first, [row(SMALL, gra="1H-low")], at(5))
    assert intervals() == []
    with pytest.raises(Superseded):
        stock.unchanged(first, at(6))
    assert told(stock.apply(second, [row(SMALL, gra="1H-low")], at(7))) == [(OPENED, SMALL, "gra")]
    assert intervals() == [("gra", 7, None)]


def test_a_process_takes_over_what_the_other_one_had_seen() -> None:
    first = started(row(SMALL, gra=OUT, rbx=OUT))
    stock.apply(first, [row(SMALL, gra="1H-low", rbx=OUT)], at(5))
    second = stock.load(Host.EU)
    assert stock.apply(second, [row(SMALL, gra="1H-low", rbx=OUT)], at(10)) == []
    assert told(stock.apply(second, [row(SMALL, gra=OUT, rbx=OUT)], at(15))) == [
        (CLOSED, SMALL, "gra")
    ]


def test_hosts_do_not_supersede_each_other() -> None:
    europe = started(row(SMALL, gra=OUT))
    started(row(SMALL, gra=OUT), host=Host.CA)
    assert len(stock.apply(europe, [row(SMALL, gra="1H-low")], at(5))) == 1


# --- Times in which nobody looked


Look = Callable[[stock.Known, float], object]


def whole(known: stock.Known, seconds: float) -> object:
    return stock.apply(known, [row(SMALL, gra=OUT)], at(seconds))


def unchanged(known: stock.Known, seconds: float) -> object:
    return stock.unchanged(known, at(seconds))


@pytest.mark.parametrize("look", [whole, unchanged])
def test_a_time_in_which_nobody_looked_is_noted(look: Look) -> None:
    known = started(row(SMALL, gra=OUT))
    look(known, 590)
    assert not Unwatched.objects.exists()
    look(known, 590 + 601)
    noted = Unwatched.objects.get()
    assert (noted.host, noted.since, noted.until) == ("eu", at(590), at(590 + 601))


def test_a_look_at_one_plan_does_not_make_up_for_the_whole_list() -> None:
    known = started(row(SMALL, gra=OUT))
    for seconds in range(60, 900, 60):
        stock.unchanged(known, at(seconds), plan_code="27sk15")
    assert not Unwatched.objects.exists()
    whole(known, 900)
    assert Unwatched.objects.get().since == at(0)


# --- As it is at OVH


def test_the_whole_list_of_a_host_is_compared(
    whole_assortment: None, ovh_emulator: OvhEmulator
) -> None:
    known = stock.load(Host.EU)
    first = stock.apply(known, shelf(Host.EU).availabilities().rows, at(0))
    assert {one.row.plan_code for one in first} == {"24sys012", "26adv01"}
    assert all(one.is_baseline for one in first)
    assert 8000 < Configuration.objects.count() < 10000
    assert stock.apply(known, shelf(Host.EU).availabilities().rows, at(5)) == []
    ovh_emulator.set_stock("eu", "27sk15", "gra", "1H-high")
    changes = stock.apply(known, shelf(Host.EU).availabilities().rows, at(10))
    assert {(one.kind, one.row.plan_code) for one in changes} == {(OPENED, "27sk15")}
    assert len(changes) == 6
