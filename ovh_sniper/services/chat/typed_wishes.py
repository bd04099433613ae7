"""Wishes made in a chat, of an order for which there is no stock now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bots.models import Person
from ovh_sniper.gateways.catalogue import Catalogue
from ovh_sniper.models import Account, Configuration, Wish
from ovh_sniper.services.catalogue import choosing
from ovh_sniper.services.chat import proposals
from ovh_sniper.services.chat.commands import Command
from ovh_sniper.services.chat.requests import Terms
from ovh_sniper.services.wishes import lifecycle
from ovh_sniper.services.wording.objections import CannotOrder
from tenants.services.audit import Actor


def make(  # noqa: PLR0913 - a contract of the product
    command: Command,
    account: Account,
    mode: str,
    *,
    terms: Terms,
    person: Person,
    actor: Actor,
    now: datetime,
) -> Wish:
    """Write an armed wish for what was typed.

    One that orders at once pays no more than was shown (`terms`), which is what the cheapest such
    server costs: nobody has agreed to another price. Needs the tenant's open scope, in a
    transaction.

    Raises:
        CannotOrder: the account, the plan or its hardware cannot be ordered, or no price was shown.
        ValidationError: see lifecycle.create.
    """
    proposals.wait(account, command, now)  # it still can be wished for
    catalogue = choosing.catalogue_of(account.host, account.subsidiary)
    fields = _hardware(catalogue, account.host, command)
    if mode == Wish.Mode.ORDER:
        if terms.due_now is None:
            raise CannotOrder("price_unknown")
        fields |= {"cap_due_now": terms.due_now, "cap_renewal": terms.renewal}
    return lifecycle.create(
        actor=actor,
        now=now,
        account=account,
        plan_code=command.plan_code,
        datacenters=list(command.datacenters),
        quantity=command.quantity,
        mode=mode,
        bot_id=person.bot_id,
        person=person,
        **fields,
    )


def _hardware(catalogue: Catalogue, host: str, command: Command) -> dict[str, Any]:
    """Return a wish's fields for options: parts by the stock list's names, the rest by addon."""
    rows = Configuration.objects.filter(host=host, plan_code=command.plan_code)
    listed = list(rows.values(*choosing.PARTS))
    fields: dict[str, Any] = {"extras": {}}
    for option in command.options:
        addon = catalogue.addons.get(option)
        named = {option, addon.product if addon else option}
        part = next((name for name in choosing.PARTS for row in listed if row[name] in named), None)
        if part is not None:
            fields[part] = next(row[part] for row in listed if row[part] in named)
        else:
            fields["extras"] |= _extra(catalogue, command.plan_code, option)
    return fields


def _extra(catalogue: Catalogue, plan_code: str, option: str) -> dict[str, str]:
    for family in catalogue.plans[plan_code].families:
        for code in family.addons:
            addon = catalogue.addons.get(code)
            if option == code or (addon is not None and addon.product == option):
                return {family.name: code}
    return {}
