"""Plans as the form lists them: those that are chosen first, then what a search found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovh_sniper.services.catalogue.offers import Offer
from ovh_sniper.services.catalogue.plan_search import FoundPlans
from ovh_sniper.services.wording import words


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan with its prices in words; both are empty where OVH names none."""

    offer: Offer
    is_chosen: bool
    is_in_stock: bool
    now: str = ""
    later: str = ""


def rows(chosen: Sequence[Offer], found: FoundPlans) -> list[PlanRow]:
    """Return the rows of the list."""
    return [
        *(_row(one, found, is_chosen=True) for one in chosen),
        *(_row(one, found, is_chosen=False) for one in found.plans),
    ]


def _row(offer: Offer, found: FoundPlans, *, is_chosen: bool) -> PlanRow:
    is_there = offer.plan_code in found.in_stock
    if offer.due_now is None or offer.renewal is None:
        return PlanRow(offer, is_chosen, is_there)
    now = words.money(offer.due_now, found.currency)
    later = words.money(offer.renewal, found.currency)
    return PlanRow(offer, is_chosen, is_there, now, later)
