"""Fields that depend on the plan: its parts, its options, its datacenters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ovh_sniper.services.catalogue.plan_parts import Choice, PlanParts
from ovh_sniper.services.wording import words

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

EXTRA = "extra-"
PARTS: dict[str, _StrPromise] = {
    "memory": gettext_lazy("Memory"),
    "storage": gettext_lazy("Storage"),
    "system_storage": gettext_lazy("System disk"),
    "gpu": gettext_lazy("GPU"),
}
FAMILIES: dict[str, _StrPromise] = {
    "bandwidth": gettext_lazy("Bandwidth"),
    "vrack": gettext_lazy("Private network (vRack)"),
    "application-license": gettext_lazy("Licence"),
    "system-license": gettext_lazy("System licence"),
}
# ranks above that are no order of datacenters
MOST_RANKS = 99


def part_fields(sold: PlanParts, chosen: Mapping[str, str]) -> dict[str, forms.ChoiceField]:
    """Return a field for each part of a plan that there is something to choose of.

    What an older wish names stays a choice, also where the plan no longer has it.
    """
    found = {}
    for name in PARTS:
        choices = _with(sold.parts.get(name, ()), chosen.get(name, ""))
        if len(choices) > 1 or chosen.get(name):
            found[name] = _field(str(PARTS[name]), _("any"), choices, sold.currency)
    return found


def extra_fields(sold: PlanParts, chosen: Mapping[str, str]) -> dict[str, forms.ChoiceField]:
    """Return a field for each family of options, by the form's name for it."""
    found = {}
    for family, offered in sold.extras.items():
        standard = next((one for one in offered if one.is_standard), None)
        others = tuple(one for one in offered if one != standard)
        choices = _with(others, chosen.get(family, ""))
        if choices:
            label = str(FAMILIES.get(family, family.replace("-", " ").capitalize()))
            empty = _("standard: %(name)s") % {"name": standard.name} if standard else _("none")
            found[f"{EXTRA}{family}"] = _field(label, empty, choices, sold.currency)
    return found


def _with(offered: Sequence[Choice], kept: str) -> tuple[Choice, ...]:
    if kept in ("", *(one.value for one in offered)):
        return tuple(offered)
    return (*offered, Choice(kept, kept, None))


def _field(label: str, empty: str, offered: Iterable[Choice], currency: str) -> forms.ChoiceField:
    choices = [(one.value, _label(one, currency)) for one in offered]
    return forms.ChoiceField(label=label, required=False, choices=[("", empty), *choices])


def _label(choice: Choice, currency: str) -> str:
    """Return a part's name with what a month costs more than with the standard part."""
    if choice.is_standard:
        return _("%(part)s (standard)") % {"part": choice.name}
    if choice.monthly is None:
        return choice.name
    sign = "−" if choice.monthly < 0 else "+"
    amount = words.money(abs(choice.monthly), currency)
    return _("%(part)s (%(difference)s a month)") % {
        "part": choice.name,
        "difference": f"{sign}{amount}",
    }


# --- Datacenters


@dataclass(frozen=True, slots=True)
class Place:
    """A datacenter as the form shows it; `rank` is its place in the order, if it is ticked."""

    code: str
    label: str
    is_ticked: bool
    rank: str = ""


def places(offered: Iterable[str], ticked: Sequence[str], ranks: Mapping[str, str]) -> list[Place]:
    """Return the datacenters of a plan, with what was typed or kept."""
    return [
        Place(code, words.place(code), code in ticked, ranks.get(code, "")[:3])
        for code in dict.fromkeys(offered)
    ]


def in_order(ticked: Iterable[str], ranks: Mapping[str, str]) -> list[str]:
    """Return what was ticked by the numbers beside it; what has none comes last, as it stood."""

    def rank(code: str) -> int:
        typed = ranks.get(code, "").strip()
        is_number = typed.isascii() and typed.isdecimal() and len(typed) < 3
        return int(typed) if is_number and int(typed) else MOST_RANKS + 1

    return sorted(dict.fromkeys(ticked), key=rank)
