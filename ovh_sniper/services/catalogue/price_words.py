"""How prices of plans and their changes are said, with tax, in the active language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from ovh_sniper.models import CatalogueChange
from ovh_sniper.services.catalogue.offers import with_tax
from ovh_sniper.services.wording import words

Kind = CatalogueChange.Kind
ICONS = {Kind.NEW: "🆕", Kind.PRICE: "💶", Kind.PROMOTION: "🏷", Kind.GONE: "🚫"}


def sentence(change: CatalogueChange, zone: ZoneInfo) -> str:
    """Return what changed, in one line without the plan's name; its catalogue must be loaded."""
    rate = change.catalogue.tax_rate
    if change.kind == Kind.NEW:
        return _sold_for(change.after, rate)
    if change.kind == Kind.GONE:
        return _("was %(price)s") % {"price": _sold_for(change.before, rate)}
    moved = ", ".join(_moves(change, rate))
    if change.kind == Kind.PRICE:
        return moved
    return ": ".join(filter(None, (_promotion(change, zone), moved)))


def _sold_for(facts: Mapping[str, Any], rate: Decimal) -> str:
    said = {
        "month": _money(facts, "renewal", rate),
        "setup": _money(facts, "setup", rate),
    }
    return _("%(month)s a month, set-up %(setup)s") % said


def _money(facts: Mapping[str, Any], name: str, rate: Decimal) -> str:
    return words.money(with_tax(Decimal(facts[name]), rate), facts["currency"])


def _moves(change: CatalogueChange, rate: Decimal) -> list[str]:
    """Return the amounts that are another now; what a promotion moves is not its price change's."""
    before, after = change.before, change.after
    labels = {
        "setup": _("set-up"),
        "first_period": _("first month"),
        "renewal": _("each month"),
    }
    shown = {name for name in labels if before[name] != after[name]}
    if before["promotion"] != after["promotion"]:
        shown &= {"renewal"} if change.kind == Kind.PRICE else {"setup", "first_period"}
    if all(facts["first_period"] == facts["renewal"] for facts in (before, after)):
        # without a promotion the first month costs what each one does: once is enough
        shown -= {"first_period"}
    return [
        f"{label} {_money(before, name, rate)} → {_money(after, name, rate)}"
        for name, label in labels.items()
        if name in shown
    ]


def _promotion(change: CatalogueChange, zone: ZoneInfo) -> str:
    name = change.after["promotion"]
    if not name:
        return _("“%(promotion)s” is over") % {"promotion": change.before["promotion"]}
    if not change.after["promotion_ends_at"]:
        return _("“%(promotion)s”") % {"promotion": name}
    ends = datetime.fromisoformat(change.after["promotion_ends_at"])
    return _("“%(promotion)s” until %(time)s") % {
        "promotion": name,
        "time": words.moment(ends, zone),
    }
