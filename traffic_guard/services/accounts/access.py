"""From a stored account to its cloud: the keys of that account, and no others."""

from __future__ import annotations

from collections.abc import Callable

from tenants.blind_index import fingerprint
from tenants.encryption import DecryptionError
from traffic_guard.gateways.accounts import Keys, masked
from traffic_guard.gateways.cloud import CloudProvider
from traffic_guard.gateways.registry import connect
from traffic_guard.models import Account
from traffic_guard.services.accounts.limiter import throttle_for

SECRETS = ("access_key", "secret_key")
# left out where an account comes along with a server or a package
OF_ACCOUNT = tuple(f"account__{name}" for name in SECRETS)
Connect = Callable[[Account], CloudProvider]


def keys_of(account: Account) -> Keys:
    """Return what an account proves itself with, blank parts included."""
    return Keys(
        provider=account.provider,
        site=account.site,
        access_key=account.access_key,
        secret_key=account.secret_key,
        domain_id=account.domain_id,
    )


def key_mark(provider: str, access_key: str) -> bytes:
    """Return the fingerprint by which the same key is known again, in every tenant the same."""
    return fingerprint("traffic-key", f"{provider} {access_key}")


def load(account_id: int) -> Account:
    """Return an account with its keys; with blank ones where they cannot be read any more.

    Raises:
        Account.DoesNotExist: none in this scope.
    """
    try:
        return Account.objects.get(pk=account_id)
    except DecryptionError:
        found: Account = Account.objects.defer(*SECRETS).get(pk=account_id)
    for name in SECRETS:
        setattr(found, name, "")
    return found


def provider_of(account: Account) -> CloudProvider:
    """Return the cloud as this account sees it, slowed down by the shared limiter; calls nobody.

    Build it inside the task that uses it. Nothing but the account's own keys is used: neither the
    environment nor the host's own role fills a gap.

    Raises:
        Refused: a key is blank, or the cloud or its site is not one of ours (nothing was sent).
    """
    return connect(keys_of(account), throttle=throttle_for(account))


def masked_keys(account_ids: list[int]) -> dict[int, str]:
    """Return the access keys of accounts as people may see them; "" where none can be read."""
    try:
        rows = dict(Account.objects.filter(pk__in=account_ids).values_list("pk", "access_key"))
    except DecryptionError:
        rows = {pk: _readable(pk) for pk in account_ids}
    return {pk: masked(key) if key else "" for pk, key in rows.items()}


def _readable(account_id: int) -> str:
    try:
        return str(Account.objects.values_list("access_key", flat=True).get(pk=account_id))
    except DecryptionError:
        return ""
