"""How often each plan is looked at where there are more than calls: shared among who waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

# what a few divisions may be off
NEARLY = 1e-9


def rates(
    classes: Iterable[Sequence[Sequence[str]]], *, calls: float, most: float
) -> Mapping[str, float]:
    """Return plan -> looks a second, at most `most` each and at most `calls` together.

    `classes` are served one after the other: the second one has what the first one leaves. A class
    is the plans of each of its tenants. Tenants share alike, and each one's plans share alike what
    is his; what one does not need is the others'. A plan that several want has all their shares.
    """
    found: dict[str, float] = {}
    left = calls
    for tenants in classes:
        for plans in tenants:
            found |= dict.fromkeys((one for one in plans if one not in found), 0.0)
        waiting = list(tenants)
        while left > NEARLY and (waiting := _unsatisfied(waiting, found, most)):
            left -= _give(waiting, found, left, most)
    return found


def _unsatisfied(
    tenants: Iterable[Sequence[str]], found: Mapping[str, float], most: float
) -> list[Sequence[str]]:
    """Return the plans of each tenant that are looked at less often than wanted."""
    left = ([one for one in plans if found[one] < most - NEARLY] for plans in tenants)
    return [plans for plans in left if plans]


def _give(
    tenants: Sequence[Sequence[str]], found: dict[str, float], left: float, most: float
) -> float:
    """Share what is left once; return how much was of use."""
    given = 0.0
    for plans in tenants:
        each = left / len(tenants) / len(plans)
        for one in plans:
            more = min(each, most - found[one])
            found[one] += more
            given += more
    return given
