"""Cloud accounts as people handle them: linked, changed, looked at, searched, disconnected.

All functions need the tenant's open scope and belong into a transaction; none calls a cloud. They
write rows and wake a worker, which looks at the keys (checking.py) or for servers (discovery.py).
"""

from __future__ import annotations

from datetime import datetime

from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.models import Account, PowerAction
from traffic_guard.services.accounts import access, validation
from traffic_guard.services.accounts.access import SECRETS
from traffic_guard.services.accounts.waking import CHECK, DISCOVER, wake

State, Rights = Account.State, Account.Rights
# The cloud may have been told already: only its keys can say what came of it.
UNDECIDED = (PowerAction.State.SENDING, PowerAction.State.UNCLEAR, PowerAction.State.SENT)
# Of what may change, all by which other keys open another door.
OTHER_KEYS = {"site", "access_key", "secret_key"}


class InUse(Exception):
    """A stop, start or reboot is under way: wait until it is confirmed."""


def link(  # noqa: PLR0913 - what an account is made of
    *,
    name: str,
    provider: str = "huawei",
    site: str,
    access_key: str,
    secret_key: str,
    rights: str = Rights.MONITOR,
    actor: Actor,
    now: datetime,
) -> Account:
    """Write an account into the open scope's tenant and have its keys looked at.

    Raises:
        ValidationError: by field; a blank key, or one that this tenant has linked already.
    """
    account = Account(
        name=name.strip(),
        provider=provider,
        site=site,
        access_key=access_key.strip(),
        secret_key=secret_key.strip(),
        rights=rights,
        check_at=now,
    )
    account.key_mark = access.key_mark(provider, account.access_key)
    validation.check(account)
    with validation.once(account):
        account.save(force_insert=True)
    audit.record(
        "traffic_account.linked",
        actor=actor,
        target=account,
        provider=provider,
        site=site,
        rights=str(rights),
    )
    wake(CHECK, account)
    return account


def change(  # noqa: PLR0913 - each of them may change
    account: Account,
    *,
    name: str = "",
    site: str = "",
    access_key: str = "",
    secret_key: str = "",
    rights: str = "",
    actor: Actor,
    now: datetime,
) -> list[str]:
    """Change what is given of an account, blank stays; return what did change.

    Anything but the name has the keys looked at again. Keys for an account that was disconnected
    link it again. `account` must hold its keys (`access.load`).

    Raises:
        ValidationError: by field; a new access key without its secret.
    """
    given = {"name": name.strip(), "site": site, "rights": str(rights)}
    given |= {"access_key": access_key.strip(), "secret_key": secret_key.strip()}
    is_new_key = given["access_key"] not in ("", account.access_key)
    changed = [one for one, value in given.items() if value not in ("", getattr(account, one))]
    for one in changed:
        setattr(account, one, given[one])
    if is_new_key:
        # the secret of another key opens nothing
        account.secret_key = given["secret_key"]
        account.key_mark = access.key_mark(account.provider, account.access_key)
    is_back = account.left_at is not None
    if not changed and not is_back:
        return []
    account.left_at = None
    validation.check(account)
    written = [*changed, "key_mark", "secret_key", "left_at"]
    if changed != ["name"]:
        written += _start_anew(account, now, is_other=is_back or {*changed} & OTHER_KEYS != set())
    with validation.once(account):
        # the rest of the row is its workers'
        account.save(update_fields=set(written))
    audit.record("traffic_account.changed", actor=actor, target=account, changed=changed)
    if changed != ["name"]:
        wake(CHECK, account)
    return changed


def check_now(account: Account, actor: Actor, now: datetime) -> bool:
    """Have an account's keys looked at now; False: it is disconnected."""
    mine = Account.objects.filter(pk=account.pk, left_at=None)
    if not mine.update(check_at=now, checked_at=None):
        return False
    audit.record("traffic_account.check_requested", actor=actor, target=account)
    wake(CHECK, account)
    return True


def rescan(account: Account, actor: Actor, now: datetime) -> bool:
    """Have servers looked for now; False: its keys do not work."""
    working = (State.READY, State.LIMITED)
    mine = Account.objects.filter(pk=account.pk, left_at=None, state__in=working)
    if not mine.update(discover_at=now):
        return False
    audit.record("traffic_account.rescan_requested", actor=actor, target=account)
    wake(DISCOVER, account)
    return True


def disconnect(account: Account, actor: Actor, now: datetime) -> bool:
    """Stop using an account: its keys go at once, what was not sent is taken back.

    False: it is disconnected already. Nothing at the cloud is touched. Edges call
    guarding/leaving.py, which also gives up the stops that were planned.

    Raises:
        InUse: what became of a stop or start is being looked up, which takes working keys.
    """
    actions = PowerAction.objects.filter(server__account=account)
    if account.is_usable and actions.filter(state__in=UNDECIDED).exists():
        raise InUse
    mine = Account.objects.filter(pk=account.pk, left_at=None)
    done = mine.update(
        left_at=now,
        state=State.BROKEN,
        findings=[{"code": "disconnected"}],
        check_at=None,
        discover_at=None,
        poll_at=None,
        halted_for="",
        broken_told=False,
        **dict.fromkeys(SECRETS, ""),
    )
    if not done:
        return False
    _take_back(account, now)
    audit.record("traffic_account.disconnected", actor=actor, target=account)
    account.refresh_from_db()
    return True


def _take_back(account: Account, now: datetime) -> None:
    ended = {"settled_at": now, "due_at": None}
    actions = PowerAction.objects.filter(server__account=account)
    actions.filter(state=PowerAction.State.INTENDED).update(
        state=PowerAction.State.WITHDRAWN, error_code="disconnected", **ended
    )
    # of keys that no longer work nothing can be looked up
    actions.filter(state__in=UNDECIDED).update(
        state=PowerAction.State.UNVERIFIED, error_code="disconnected", **ended
    )


def _start_anew(account: Account, now: datetime, *, is_other: bool) -> list[str]:
    """Have the keys looked at; nothing is known of other ones. Return the names of what changed."""
    account.check_at, account.checked_at = now, None
    if not is_other:
        return ["check_at", "checked_at"]
    account.state, account.findings, account.refusals = State.PENDING, [], 0
    return ["check_at", "checked_at", "state", "findings", "refusals"]
