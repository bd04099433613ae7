"""An account for people: how it stands, and what OVH lets it do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ovh_sniper.models import Account
from ovh_sniper.services.accounts import functions

State = Account.State
TONES = {State.READY: "good", State.LIMITED: "warn", State.BROKEN: "bad"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands: a tone (good, warn, bad, info or none), and words."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Grant:
    """Whether OVH lets an account do something; `items` are the rules or actions it lacks."""

    function: str
    label: str
    tone: str
    text: str
    items: tuple[str, ...] = ()


def standing(account: Account) -> Standing:
    """Return how an account stands, in the active language."""
    if account.is_disconnected:
        return Standing("", _("disconnected"))
    if account.checked_at is None:
        return Standing("info", _("being checked"))
    if account.state == State.PENDING and not account.consent_back:
        return Standing("warn", _("not checked yet"))
    state = State(account.state)
    return Standing(TONES.get(state, "warn"), str(state.label))


def grants(account: Account) -> list[Grant]:
    """Return what an account may do, each function once; empty while OVH has not said."""
    works = account.state in (State.READY, State.LIMITED) and not account.is_disconnected
    is_known = works and (account.checked_at is not None or bool(account.nichandle))
    return [_grant(account, function) for function in functions.LABELS] if is_known else []


def _grant(account: Account, function: str) -> Grant:
    found = [one for one in account.findings if one.get("function") == function]
    label = str(functions.LABELS[function])
    for code, tone in (("missing", "bad"), ("unsure", "info"), ("off", "")):
        for one in found:
            if one["code"] == code:
                return Grant(function, label, tone, _WORDS[code](), _items(one))
    return Grant(function, label, "good", _("allowed"))


def _items(finding: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, finding.get("items") or ()))


_WORDS = {
    "missing": lambda: _("missing"),
    "unsure": lambda: _("shows at the first time"),
    "off": lambda: _("not asked for"),
}
