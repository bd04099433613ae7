"""From a stored account to OVH itself: the keys of that account, and no others."""

from __future__ import annotations

from functools import lru_cache

from ovh_sniper.gateways.hosts import api_url
from ovh_sniper.gateways.ovh import (
    ApplicationKeys,
    Credentials,
    Host,
    Ovh,
    ServiceAccount,
    connect,
)
from ovh_sniper.models import Account
from ovh_sniper.services.orders.listing import ACCOUNT_SECRETS
from tenants.encryption import DecryptionError

# service accounts that keep their token in one process
KEPT = 256


def credentials_of(account: Account) -> Credentials:
    """Return what an account proves itself with, blank parts included."""
    host = Host(account.host)
    if account.kind == Account.Kind.SERVICE:
        return ServiceAccount(host, account.client_id, account.client_secret)
    return ApplicationKeys(
        host, account.application_key, account.application_secret, account.consumer_key
    )


def load(account_id: int) -> Account:
    """Return an account with its keys; with none where they cannot be read any more.

    Raises:
        Account.DoesNotExist: none in this scope.
    """
    try:
        return Account.objects.get(pk=account_id)
    except DecryptionError:
        found: Account = Account.objects.defer(*ACCOUNT_SECRETS).get(pk=account_id)
    for name in ACCOUNT_SECRETS:
        setattr(found, name, "")
    return found


def ovh_of(account: Account) -> Ovh:
    """Return OVH as this account sees it; calls nobody yet.

    A part that is blank is never filled from the environment, a file or another account.

    Raises:
        Refused: a part of the credentials is missing or malformed (code 0: nothing was sent).
    """
    credentials = credentials_of(account)
    if isinstance(credentials, ServiceAccount):
        return _service(credentials, api_url(credentials.host))
    return connect(credentials)


@lru_cache(KEPT)
def _service(credentials: ServiceAccount, _address: str) -> Ovh:
    """Return the account of these credentials, the same each time: it keeps its OAuth2 token."""
    return connect(credentials)
