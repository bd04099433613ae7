"""What a typed order would buy, from each account that can, and ordering just that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bots.models import Person
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account, Configuration, Order, Preferences, StoredPlan
from ovh_sniper.models.wishes import MAX_QUANTITY
from ovh_sniper.services.chat.commands import Command
from ovh_sniper.services.chat.requests import Terms
from ovh_sniper.services.ordering import by_hand
from ovh_sniper.services.ordering.by_hand import Preview
from ovh_sniper.services.orders import listing
from ovh_sniper.services.stock import ghosts
from ovh_sniper.services.wording.objections import CannotOrder

# A refusal longer ago says little of what is shown now.
REMEMBERED = timedelta(days=1)
# Of several accounts that cannot order, the reason of the one that came closest is told.
CLOSEST = ("stock", "hardware", "datacenter", "plan", "catalogue", "account")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One account's offer for a command: money of `preview` is for each server."""

    account: Account
    preview: Preview
    name: str  # of the plan
    configuration: Configuration | None
    refused: Mapping[str, datetime]  # datacenter -> when OVH refused it, though it was shown

    @property
    def terms(self) -> Terms:
        """What is ordered of it: this hardware at this price, or nothing."""
        shown = self.preview
        return Terms(tuple(shown.addons.values()), shown.due_now, shown.renewal)


@dataclass(frozen=True, slots=True)
class Answer:
    """All proposals for a command; where there are none, why, and who could wait for stock.

    A proposal that waits is for the cheapest configuration, with all places that it is sold in.
    """

    command: Command
    proposals: list[Proposal]
    problem: CannotOrder | None = None
    waiting: Sequence[Proposal] = ()


def accounts() -> list[Account]:
    """Return the tenant's accounts that can order."""
    rows = Account.objects.defer(*listing.ACCOUNT_SECRETS).order_by("name")
    return [account for account in rows if account.can_order]


def propose(command: Command, now: datetime) -> Answer:
    """Return what each account would order; writes nothing. Needs the tenant's open scope."""
    if not 1 <= command.quantity <= MAX_QUANTITY:
        return Answer(command, [], CannotOrder("quantity", str(command.quantity)))
    found: list[Proposal] = []
    waiting: list[Proposal] = []
    problems = [CannotOrder("account")]
    for account in accounts():
        try:
            found.append(_propose(account, command, now))
        except CannotOrder as problem:
            problems.append(problem)
            if problem.reason == "stock":
                waiting += _waiting(account, command, now)
    if found:
        return Answer(command, found)
    return Answer(command, [], min(problems, key=_distance), waiting)


def _distance(problem: CannotOrder) -> int:
    return CLOSEST.index(problem.reason) if problem.reason in CLOSEST else len(CLOSEST)


def _propose(account: Account, command: Command, now: datetime) -> Proposal:
    shown = by_hand.preview(
        account,
        command.plan_code,
        datacenters=command.datacenters,
        options=command.options,
        now=now,
    )
    known = ghosts.of_places(Host(account.host), [shown.fqn])
    refused = {
        datacenter: one.last_refused_at
        for (_fqn, datacenter), one in known.items()
        if datacenter in shown.datacenters and one.last_refused_at > now - REMEMBERED
    }
    return _proposal(account, shown, refused)


def _waiting(account: Account, command: Command, now: datetime) -> list[Proposal]:
    try:
        return [wait(account, command, now)]
    except CannotOrder:
        # sold, but none of it was ever listed
        return []


def wait(account: Account, command: Command, now: datetime) -> Proposal:
    """Return what an account would order if it were in stock.

    Raises:
        CannotOrder: account, catalogue, plan or hardware.
    """
    options = command.options
    shown = by_hand.cheapest(account, command.plan_code, options=options, now=now)
    return _proposal(account, shown, {})


def _proposal(account: Account, shown: Preview, refused: Mapping[str, datetime]) -> Proposal:
    configuration = Configuration.objects.filter(host=account.host, fqn=shown.fqn).first()
    name = name_of(account, shown.plan_code)
    return Proposal(account, shown, name, configuration, refused)


def name_of(account: Account, plan_code: str) -> str:
    """Return what the account's price list calls a plan."""
    rows = StoredPlan.objects.filter(
        plan_code=plan_code,
        catalogue__host=account.host,
        catalogue__subsidiary=account.subsidiary,
    )
    return rows.values_list("name", flat=True).first() or ""


def total(proposal: Proposal, command: Command) -> Decimal | None:
    """Return what all its servers cost now, with tax; None where no price is known."""
    due = proposal.preview.due_now
    return None if due is None else due * command.quantity


def needs_word(answer: Answer, preferences: Preferences) -> bool:
    """Tell whether somebody must confirm: more servers or money than the tenant's settings let
    pass, a price that nobody knows, or several accounts to choose from."""
    if len(answer.proposals) != 1 or answer.command.quantity > preferences.confirm_above:
        return True
    due = total(answer.proposals[0], answer.command)
    if due is None:
        return True
    limit = preferences.confirm_amount
    return limit is not None and due > limit


def order(
    command: Command, account: Account, terms: Terms, *, person: Person, key: str, now: datetime
) -> list[Order]:
    """Order what was shown: that hardware, at most at that price.

    Needs the tenant's open scope, in a transaction. The same key again returns the same orders.

    Raises:
        Repeated, CannotOrder: see by_hand.order_plan.
    """
    return by_hand.order_plan(
        account,
        command.plan_code,
        datacenters=command.datacenters,
        quantity=command.quantity,
        options=terms.addons or command.options,
        source=Order.Source.CHAT,
        request_key=key,
        requested_by=person.full_name,
        person=person,
        cap_due_now=terms.due_now,
        cap_renewal=terms.renewal,
        now=now,
    )
