"""What a wish must be to be meant: checked however it was made, by page, chat, file or program."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ovh_sniper.gateways.hosts import SUBSIDIARIES, Host, datacenter_code
from ovh_sniper.models import Wish
from tenants import schedules

MONEY = ("cap_due_now", "cap_renewal", "budget_day", "budget_month")
TEXTS = ("name", "plan_code", "memory", "storage", "system_storage", "gpu")
# OVH's own list of datacenters has about 50
MOST_PLACES = 60


def check(wish: Wish, now: datetime, *, may_pay: bool) -> None:
    """Bring a wish into form and refuse what cannot be meant.

    `may_pay` tells whether whoever writes it may spend money without asking anybody (an admin, or a
    key with that right): without it no wish that pays by itself is written, not even one that did
    so before, since its other terms say how much.

    Raises:
        ValidationError: by field.
    """
    if wish.account is not None and wish.track == Wish.Track.DEDICATED:
        wish.host = wish.account.host
        wish.subsidiary = wish.account.subsidiary or wish.subsidiary
    problems: dict[str, Any] = {}
    _check_texts(wish, problems)
    _check_places(wish, problems)
    _check_terms(wish, now, problems)
    _check_amounts(wish, problems)
    if wish.autopay and not may_pay:
        problems["autopay"] = _("Only an admin may let a wish pay by itself.")
    try:
        wish.full_clean(exclude=["tenant", "person", *problems], validate_constraints=False)
    except ValidationError as error:
        problems |= error.message_dict
    if problems:
        raise ValidationError(problems)


def _check_texts(wish: Wish, problems: dict[str, Any]) -> None:
    for name in TEXTS:
        # PostgreSQL cannot hold it
        if "\x00" in str(getattr(wish, name)):
            problems[name] = _("Null characters are not allowed.")
    extras = wish.extras
    is_sound = isinstance(extras, dict) and all(
        isinstance(one, str) and one and "\x00" not in one
        for pair in extras.items()
        for one in pair
    )
    if not is_sound:
        problems["extras"] = _("Extras are an addon code for each family.")


def _check_places(wish: Wish, problems: dict[str, Any]) -> None:
    try:
        codes = [datacenter_code(code) for code in wish.datacenters]
        # each once, in the order of preference
        wish.datacenters = list(dict.fromkeys(codes))
    except (ValueError, AttributeError, TypeError):
        problems["datacenters"] = _("This is not the form of a datacenter code.")
    else:
        if len(wish.datacenters) > MOST_PLACES:
            problems["datacenters"] = _("These are more datacenters than there are.")
    known = SUBSIDIARIES.get(Host(wish.host)) if wish.host in set(Host) else None
    if known is None or wish.subsidiary not in known:
        problems["subsidiary"] = _("This host has no such subsidiary.")


def _check_terms(wish: Wish, now: datetime, problems: dict[str, Any]) -> None:
    if wish.mode != Wish.Mode.ALERT and wish.account is None:
        problems["account"] = _("To order, choose an OVH account.")
    if wish.track == Wish.Track.VPS and wish.mode != Wish.Mode.ALERT:
        problems["mode"] = _("A VPS can only be alerted of.")
    if wish.schedule and schedules.problem(wish.schedule):
        problems["schedule"] = _("Days are 0 (Monday) to 6, hours like 09:00.")
    if wish.expires_at is not None and wish.expires_at <= now and wish.state == Wish.State.ARMED:
        problems["expires_at"] = _("This time is over.")


def _check_amounts(wish: Wish, problems: dict[str, Any]) -> None:
    for name in MONEY:
        amount = getattr(wish, name)
        if amount is not None and amount < 0:
            problems[name] = _("An amount below zero.")
