"""OVH accounts as people handle them: linked, changed, renewed, looked at.

All functions need the tenant's open scope and belong into a transaction; none calls OVH. They write
rows and wake a worker, which looks at the account (`doctor`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bots.nudging import wake_after_commit
from ovh_sniper.models import Account, Order
from ovh_sniper.services.accounts import checks, consents, functions
from ovh_sniper.services.accounts.checks import PARTS
from tenants.services import audit
from tenants.services.audit import Actor

State, Kind = Account.State, Account.Kind
EXAMINE = "ovh_sniper.tasks.accounts.examine"
# Returns our address for OVH to send the browser to, from an account's public id and a mark.
WayBack = Callable[[str, str], str]


# --- Linked and changed


def link(  # noqa: PLR0913 - what an account is made of
    *,
    name: str,
    host: str,
    kind: str = Kind.KEYS,
    keys: Mapping[str, str],
    rights: Iterable[str] = (),
    way_back: WayBack | None = None,
    actor: Actor,
    now: datetime,
) -> Account:
    """Write an account and have it looked at.

    `keys` are those of checks.PARTS. With `way_back` application keys need no consumer
    key: OVH is asked for one, whose owner then agrees at OVH and comes back to that address.

    Raises:
        ValidationError: by field.
    """
    account = Account(
        name=name.strip(),
        host=host,
        kind=kind,
        rights=_rights(rights),
        retry_at=now,
        **_given(kind, keys),
    )
    asks = kind == Kind.KEYS and not account.consumer_key and way_back is not None
    checks.check(account, asks=asks)
    if asks and way_back is not None:
        _begin(account, account.rights, way_back, now)
    with checks.name_once():
        account.save(force_insert=True)
    audit.record("ovh_account.linked", actor=actor, target=account, host=host, kind=str(kind))
    _wake(EXAMINE, account)
    return account


def change(  # noqa: PLR0913 - each of them may change
    account: Account,
    *,
    keys: Mapping[str, str],
    host: str = "",
    rights: Iterable[str] | None = None,
    way_back: WayBack | None = None,
    actor: Actor,
    now: datetime,
) -> Account:
    """Put other keys in place of an account's, and have it looked at; blank ones stay.

    Another application key without a consumer key asks OVH for one, as with `link`. Keys for an
    account that was disconnected link it again. The host of an account that worked stays.

    Raises:
        ValidationError: by field.
    """
    given = _given(account.kind, keys)
    is_other = _put(account, given, host)
    if rights is not None:
        account.rights = _rights(rights)
    # an open consent is one of the application, so another secret is no reason to begin again
    goes_on = bool(account.consent_back) and not is_other and "consumer_key" not in given
    if not goes_on:
        consents.clear(account)
    lacks_key = account.kind == Kind.KEYS and not account.consumer_key
    asks = lacks_key and not goes_on and way_back is not None
    checks.check(account, asks=goes_on or asks)
    if asks and way_back is not None:
        _begin(account, account.rights, way_back, now)
    _start_anew(account, now)
    audit.record("ovh_account.changed", actor=actor, target=account, changed=sorted(given))
    _wake(EXAMINE, account)
    return account


def _put(account: Account, given: Mapping[str, str], host: str) -> bool:
    """Put keys into the row; tell whether they are of another application or region."""
    moves = bool(host) and host != account.host and not account.nichandle
    if moves:
        account.host = host
    is_other = moves or given.get("application_key", account.application_key) != (
        account.application_key
    )
    for part, value in given.items():
        setattr(account, part, value)
    if is_other and "consumer_key" not in given:
        account.consumer_key = ""
    return is_other


def _begin(account: Account, rights: Iterable[str], way_back: WayBack, now: datetime) -> list[str]:
    mark = consents.new_mark()
    back = way_back(account.public_id, mark)
    return consents.begin(account, rights=rights, back=back, mark=mark, now=now)


def _start_anew(account: Account, now: datetime) -> None:
    """Write an account whose keys are others: nothing is known of them."""
    if account.left_at is not None:
        # what was ordered with it is followed again
        Order.objects.filter(account=account, state__in=Order.OPEN, retry_at=None).update(
            retry_at=now
        )
    account.left_at = None
    account.state, account.findings, account.failures = State.PENDING, [], 0
    account.checked_at, account.retry_at = None, now
    account.save()


def rename(account: Account, name: str, *, actor: Actor) -> None:
    """Call an account something else.

    Raises:
        ValidationError: there is no name, or another account has it.
    """
    account.name = name.strip()
    checks.check_name(account)
    with checks.name_once():
        Account.objects.filter(pk=account.pk).update(name=account.name)
    audit.record("ovh_account.changed", actor=actor, target=account, changed=["name"])


# --- The consent at OVH


def ask_consent(
    account: Account, *, rights: Iterable[str], way_back: WayBack, actor: Actor, now: datetime
) -> None:
    """Have OVH asked for a new consumer key with these rights; the old one works until then.

    Raises:
        ValidationError: a service account needs none, or the application's keys are not there.
    """
    if account.kind != Kind.KEYS or account.left_at is not None:
        raise ValidationError(_("This account has no consumer key to renew."))
    if not (account.application_key and account.application_secret):
        raise ValidationError(_("Enter the application key and secret first."))
    changed = _begin(account, rights, way_back, now)
    account.retry_at, account.checked_at = now, None
    account.save(update_fields=[*changed, "retry_at", "checked_at"])
    audit.record(
        "ovh_account.consent_requested", actor=actor, target=account, rights=account.rights
    )
    _wake(EXAMINE, account)


def came_back(account: Account, mark: str, *, actor: Actor, now: datetime) -> bool:
    """Note that the browser is back from OVH with the mark of this consent; once for each mark.

    Whether the owner agreed is looked up at OVH.
    """
    if not consents.is_mark(account, mark):
        return False
    mine = Account.objects.filter(pk=account.pk, consent_state=account.consent_state, left_at=None)
    if not mine.update(consent_state="", retry_at=now, checked_at=None):
        return False
    audit.record("ovh_account.consent_returned", actor=actor, target=account)
    _wake(EXAMINE, account)
    return True


def check(account: Account, *, actor: Actor, now: datetime) -> bool:
    """Have an account looked at now; False: it is disconnected."""
    mine = Account.objects.filter(pk=account.pk, left_at=None)
    if not mine.update(retry_at=now, checked_at=None):
        return False
    audit.record("ovh_account.check_requested", actor=actor, target=account)
    _wake(EXAMINE, account)
    return True


def _rights(rights: Iterable[str]) -> list[str]:
    wanted = set(rights)
    return [right for right in functions.OPTIONAL if right in wanted]


def _given(kind: str, keys: Mapping[str, str]) -> dict[str, str]:
    parts = {part: keys.get(part, "").strip() for part in PARTS[Kind(kind)]}
    return {part: value for part, value in parts.items() if value}


def _wake(task: str, account: Account) -> None:
    wake_after_commit(task, (account.tenant_id, account.pk))
