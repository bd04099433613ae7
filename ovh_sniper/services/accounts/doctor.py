"""Looks at accounts: what OVH lets them do, what is wrong, and what to tell about it.

A look is claimed by moving `retry_at`, made without a transaction, and written only if nobody
changed the account meanwhile: whoever changes it moves `retry_at` too, and a new look begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation

from ovh_sniper.gateways.errors import OvhError
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import ApplicationKeys, Ovh
from ovh_sniper.models import Account, Wish
from ovh_sniper.services.accounts import alarms, consents, examining, verdicts
from ovh_sniper.services.accounts.access import credentials_of, ovh_of
from ovh_sniper.services.accounts.examining import Examination
from ovh_sniper.services.accounts.findings import Finding
from ovh_sniper.services.catalogue import catalogues
from tenants.encryption import DecryptionError
from tenants.scoping import unscoped
from tenants.services import audit
from tenants.services.audit import Actor

State = Account.State
Connect = Callable[[Account], Ovh]
# A worker's hold: longer than all calls of a look may take.
HOLD = timedelta(minutes=4)
# What every look writes; a consent and what OVH said add theirs.
WRITTEN = (
    "state",
    "findings",
    "checked_at",
    "retry_at",
    "failures",
    "broken_told",
    "warned_days",
    "nichandle",
    "subsidiary",
    "currency",
    "payment_method",
    "payment_method_id",
    "expires_at",
)


@dataclass(slots=True)
class Look:
    """One look at an account, whose row in memory it changes; written at its end."""

    account: Account
    hold: datetime
    now: datetime
    findings: list[Finding] = field(default_factory=list)
    # OVH gave no usable answer
    error: OvhError | None = None
    # what a consent changed on the row, and what stands in its way
    changed: list[str] = field(default_factory=list)
    of_consent: list[Finding] = field(default_factory=list)
    consent_error: OvhError | None = None
    is_given: bool = False
    # a key that a new one took the place of: OVH is to forget it
    replaced: ApplicationKeys | None = None
    # nothing changes any more until somebody does something
    is_final: bool = False


def due(now: datetime, limit: int) -> list[tuple[int, int, bool]]:
    """Return (tenant id, account id, whether it was disconnected) of all accounts that are due."""
    with unscoped("the clock looks for accounts of all tenants"):
        rows = Account.objects.filter(retry_at__lte=now).order_by("retry_at")
        found = rows.values_list("tenant_id", "pk", "left_at")[:limit]
        return [(tenant_id, pk, left_at is not None) for tenant_id, pk, left_at in found]


def examine(account_id: int, now: datetime, connect: Connect = ovh_of) -> bool:
    """Look at an account that is due and write what was found; False: it was not, or is no more.

    Needs the tenant's scope without a transaction: it calls OVH.
    """
    hold = now + HOLD
    mine = Account.objects.filter(pk=account_id, retry_at__lte=now, left_at=None)
    if not mine.update(retry_at=hold):
        return False
    try:
        account = Account.objects.select_related("tenant").get(pk=account_id)
    except DecryptionError:
        return _note_unreadable(account_id, hold, now)
    could_order = account.can_order
    look = Look(account, hold, now)
    # reasons of the gateway are kept as texts
    with translation.override(account.tenant.language):
        _see(look, connect)
    if not _write(look, could_order=could_order):
        return False
    if look.replaced is not None:
        consents.end(look.replaced)
    return True


def _note_unreadable(account_id: int, hold: datetime, now: datetime) -> bool:
    """Note that the keys in the store cannot be read any more; they stay there as they are."""
    mine = Account.objects.filter(pk=account_id, retry_at=hold, left_at=None)
    seen = {"checked_at": now, "retry_at": now + verdicts.DAILY}
    return bool(mine.update(state=State.BROKEN, findings=[{"code": "unreadable"}], **seen))


# --- What OVH says


def _see(look: Look, connect: Connect) -> None:
    account = look.account
    if account.consent_back:
        _tend_consent(look)
    if account.kind == Account.Kind.SERVICE or account.consumer_key.strip():
        _ask(look, connect)
    else:
        _wait_for_key(look)
    is_failure = look.error is not None or account.state == State.BROKEN
    account.failures = account.failures + 1 if is_failure else 0


def _tend_consent(look: Look) -> None:
    """Ask for the key of a consent, or take it once it was given."""
    account = look.account
    try:
        if consents.is_over(account, look.now):
            look.changed += consents.clear(account)
        elif not account.new_consumer_key:
            look.changed += consents.request(account)
        elif consents.is_given(account):
            _take(look)
        elif not account.consent_state:
            look.of_consent.append({"code": "consent_open"})
    except OvhError as error:
        look.consent_error = error
        keys = consents.new_keys(account)
        look.of_consent.append(verdicts.of_error(account, keys, error, look.now))


def _take(look: Look) -> None:
    account = look.account
    if account.consumer_key:
        old = credentials_of(account)
        look.replaced = old if isinstance(old, ApplicationKeys) else None
    look.changed += consents.take(account)
    look.is_given = True


def _wait_for_key(look: Look) -> None:
    """Judge an account that has no consumer key yet."""
    account, error = look.account, look.consent_error
    look.findings = look.of_consent
    if not account.consent_back:
        look.is_final = True
        look.findings = [{"code": "consent_ended"}]
        account.state = State.BROKEN
    elif error is None:
        account.state = State.PENDING
    elif verdicts.breaks(error):
        account.state = State.BROKEN
    else:
        look.error = error
        look.findings = verdicts.without_answer(look.of_consent[0], account.findings)


def _ask(look: Look, connect: Connect) -> None:
    account = look.account
    credentials, rights = credentials_of(account), frozenset(account.rights)
    try:
        found = examining.examine(connect(account), credentials, rights, look.now)
    except OvhError as error:
        finding = verdicts.of_error(account, credentials, error, look.now)
        if verdicts.breaks(error):
            account.state = State.BROKEN
            look.findings = [finding]
        else:
            look.error = error
            look.findings = verdicts.without_answer(finding, account.findings)
    else:
        _judge(look, found)
    look.findings += look.of_consent


def _judge(look: Look, found: Examination) -> None:
    """Put what OVH said into the row."""
    account, customer = look.account, found.customer
    if customer is not None and _is_other(account, customer.nichandle):
        account.state = State.BROKEN
        look.findings.append(
            {
                "code": "other_account",
                "nichandle": customer.nichandle,
                "known": account.nichandle,
            }
        )
        return
    if customer is not None:
        account.nichandle = customer.nichandle
        account.subsidiary = customer.subsidiary
        account.currency = customer.currency
    method = found.method
    account.payment_method = (method.label or method.type)[:80] if method else ""
    account.payment_method_id = method.id if method else None
    account.expires_at = found.expires_at
    look.findings += found.findings
    look.findings += verdicts.ending(account.expires_at, look.now)
    look.findings += _twins(account)
    account.state = verdicts.state_of(look.findings)


def _is_other(account: Account, nichandle: str) -> bool:
    """Tell whether keys of another customer took the place of those that orders were made with."""
    if account.nichandle in ("", nichandle):
        return False
    return account.orders.exists() or account.wishes.exists()


def _twins(account: Account) -> list[Finding]:
    if not account.nichandle:
        return []
    same = Account.objects.filter(host=account.host, nichandle=account.nichandle, left_at=None)
    names = same.exclude(pk=account.pk).order_by("name").values_list("name", flat=True)
    return [{"code": "linked_twice", "name": name} for name in names]


# --- Written


def _write(look: Look, *, could_order: bool) -> bool:
    """Write what was seen and tell of it; False where somebody changed the account meanwhile."""
    account, now = look.account, look.now
    account.findings = look.findings
    account.checked_at = now
    account.retry_at = None if look.is_final else verdicts.next_look(account, look.error, now)
    warning = _warning(look)
    is_news = _note_standing(account, could_order=could_order)
    with transaction.atomic():
        mine = Account.objects.filter(pk=account.pk, retry_at=look.hold, left_at=None)
        names = {*WRITTEN, *look.changed}
        if not mine.update(**{name: getattr(account, name) for name in names}):
            return False
        if look.is_given:
            audit.record("ovh_account.consent_given", actor=Actor.system(), target=account)
        if account.subsidiary:
            catalogues.ensure(Host(account.host), account.subsidiary)
        if account.can_order and not could_order:
            # what is in stock was passed over while it could not be ordered
            Wish.objects.filter(account=account, state=Wish.State.ARMED).update(retry_at=now)
        _tell(account, warning, is_news=is_news)
    return True


def _warning(look: Look) -> int | None:
    """Return the warning of the key's end that is due and was not sent, and count it as sent."""
    account = look.account
    if account.state == State.BROKEN or look.error is not None:
        return None
    days = verdicts.warning_due(account.expires_at, look.now)
    was, account.warned_days = account.warned_days, days
    return days if days is not None and (was is None or days < was) else None


def _note_standing(account: Account, *, could_order: bool) -> bool:
    """Note that an account broke, or works again; tell whether that is news."""
    if account.broken_told:
        if account.can_order:
            account.broken_told = False
            return True
    elif could_order and not account.can_order:
        account.broken_told = True
        return True
    return False


def _tell(account: Account, warning: int | None, *, is_news: bool) -> None:
    if is_news and account.broken_told:
        alarms.broke(account)
    elif is_news:
        alarms.works_again(account)
    if warning is not None:
        alarms.key_ends(account, warning)
