"""Reads an order that somebody typed: plan, datacenter, quantity, options, in all forms.

    <plan>                       <plan> <dc>              <plan> <qty>
    <plan> <dc> <qty>            <plan> <qty> <options>   <plan> <dc> <qty> <options>

Options are addon codes or product names with commas or spaces between them. They may also follow
the plan or the datacenter without a quantity, and several datacenters may be named with commas, in
the order of preference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ovh_sniper.gateways.hosts import NEW_STYLE, PLACES, datacenter_code
from ovh_sniper.models import Configuration, StockInterval, StoredPlan

# What could be a command at all, as people type it: letters and a digit in the first word. Free of
# repetitions within repetitions, since anybody can send any text.
PATTERN = (
    r"\s*(?=\S{0,80}\d)(?=\S{0,80}[^\W\d_])"
    r"[\w.\-\u2010-\u2015\u2212\u200b-\u200d\u2060\ufeff]{4,80}(?:\s[^\n]{0,400})?\s*"
)
PLAN = re.compile(r"(?=[a-z0-9._-]*\d)(?=[a-z0-9._-]*[a-z])[a-z0-9][a-z0-9._-]{3,79}")
OPTION = re.compile(r"[a-z0-9][a-z0-9._-]{1,99}")
COUNT = re.compile(r"[0-9]{1,6}")
# hyphens, dashes and the minus sign, which keyboards write in place of one another
DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63]")
COMMAS = re.compile(r"\s*[,;、]+\s*")
MOST_OPTIONS = 12
MOST_GUESSES = 3


class NotACommand(ValueError):
    """A text that is no order; `plan_code` is its first word, if that has the form of a plan."""

    def __init__(self, plan_code: str = "") -> None:
        super().__init__("no order")
        self.plan_code = plan_code


@dataclass(frozen=True, slots=True)
class Command:
    """An order as it was typed; no datacenter: wherever it is in stock."""

    plan_code: str
    datacenters: tuple[str, ...] = ()
    quantity: int = 1
    options: tuple[str, ...] = ()


def read(said: str) -> Command:
    """Return what a text orders, with the plans, places and parts that we know.

    Raises:
        NotACommand: no such plan, or what follows it fits no form.
    """
    plan_code = plan_of(said)
    if not is_plan(plan_code):
        raise NotACommand(plan_code)
    return parse(said, places=places_of(plan_code), parts=parts_of(plan_code))


def parse(said: str, *, places: Collection[str] = (), parts: Collection[str] = ()) -> Command:
    """Return what a text orders; `places` and `parts` are what the plan is known to have.

    A word of which neither knows is told apart by its place, else by its form.

    Raises:
        NotACommand: it fits no form.
    """
    plan_code, *words = _words(said) or [""]
    if not PLAN.fullmatch(plan_code):
        raise NotACommand
    counts = [number for number, word in enumerate(words) if COUNT.fullmatch(word)]
    if not counts:
        found, options = _split(words, places, parts)
        return _command(plan_code, found, 1, options)
    if len(counts) > 1 or counts[0] > 1:
        raise NotACommand(plan_code)
    # what stands in front of a quantity is the datacenter, known or not
    ahead, after = words[: counts[0]], words[counts[0] + 1 :]
    return _command(plan_code, _list(ahead), int(words[counts[0]]), _list(after))


def plan_of(said: str) -> str:
    """Return the first word of a text where it has the form of a plan, else nothing."""
    first = (_words(said) or [""])[0]
    return first if PLAN.fullmatch(first) else ""


def _words(said: str) -> list[str]:
    """Return the words of a text: lower case, narrow letters, plain spaces and hyphens."""
    plain = unicodedata.normalize("NFKC", said).lower()
    # marks that nobody sees, such as a zero-width space that was copied along
    plain = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    return COMMAS.sub(",", DASHES.sub("-", plain)).strip(", \t\r\n").split()


def _list(words: Iterable[str]) -> list[str]:
    return [one for word in words for one in word.split(",") if one]


def _split(
    words: Sequence[str], places: Collection[str], parts: Collection[str]
) -> tuple[list[str], list[str]]:
    """Tell datacenters from options where no quantity stands between them."""
    if not words:
        return [], []
    first, rest = _list(words[:1]), _list(words[1:])
    if all(_is_place(one, places, parts) for one in first):
        return first, rest
    return [], first + rest


def _is_place(word: str, places: Collection[str], parts: Collection[str]) -> bool:
    try:
        code = datacenter_code(word)
    except ValueError:
        return False
    if code in places or code in PLACES:
        return True
    if word in parts:
        return False
    # parts of servers have sizes, and places have none
    return NEW_STYLE.fullmatch(code) is not None or not any(one.isdigit() for one in code)


def _command(
    plan_code: str, datacenters: Iterable[str], quantity: int, options: Iterable[str]
) -> Command:
    try:
        codes = tuple(dict.fromkeys(datacenter_code(one) for one in datacenters))
    except ValueError:
        raise NotACommand(plan_code) from None
    chosen = tuple(dict.fromkeys(options))
    if len(chosen) > MOST_OPTIONS or not all(OPTION.fullmatch(one) for one in chosen):
        raise NotACommand(plan_code)
    return Command(plan_code, codes, quantity, chosen)


# --- What is known; the same for all tenants


def is_plan(plan_code: str) -> bool:
    """Tell whether OVH sells a plan, or lists it as hardware."""
    if not plan_code:
        return False
    sold = StoredPlan.objects.filter(plan_code=plan_code)
    return sold.exists() or Configuration.objects.filter(plan_code=plan_code).exists()


def places_of(plan_code: str) -> set[str]:
    """Return the datacenters that a plan is sold in, or was in stock in."""
    sold = StoredPlan.objects.filter(plan_code=plan_code).values_list("datacenters", flat=True)
    seen = StockInterval.objects.filter(configuration__plan_code=plan_code)
    return {*(code for codes in sold for code in codes), *seen.values_list("datacenter", flat=True)}


def parts_of(plan_code: str) -> set[str]:
    """Return the names of the parts that a plan's configurations have."""
    rows = Configuration.objects.filter(plan_code=plan_code)
    named = rows.values_list("memory", "storage", "system_storage", "gpu")
    return {part for parts in named for part in parts if part}


def like(plan_code: str) -> list[str]:
    """Return the plans that are called most like this, for somebody who mistyped one."""
    known = set(StoredPlan.objects.values_list("plan_code", flat=True))
    return get_close_matches(plan_code, sorted(known), MOST_GUESSES, 0.7)
