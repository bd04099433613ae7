"""The guided consent: OVH gives a consumer key, which works once its owner agreed at OVH.

Nothing is pushed to us. The browser comes back with our own mark, and as long as a consent is open
the doctor looks now and then, for whoever closed the page. A key that works stays in use until the
new one does.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from ovh_sniper.gateways.accounts import ApplicationKeys
from ovh_sniper.gateways.errors import Kind, OvhError, Refused, Unreachable
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import connect, request_consumer_key
from ovh_sniper.models import Account
from ovh_sniper.services.accounts import functions

# OVH's answers for a key that nobody agreed to, or refused; a wrong secret looks like the second
OPEN = frozenset({Kind.CREDENTIAL_INVALID, Kind.BAD_SIGNATURE})
# between two looks at a consent that is open
EVERY = timedelta(minutes=5)
# then it is no longer waited for; OVH names no time
PATIENCE = timedelta(days=1)
# what a consent keeps on the row until it is over
FIELDS = ("consent_back", "consent_state", "consent_url", "new_consumer_key")


def new_mark() -> str:
    """Return the mark that tells our own way back from anybody's link."""
    return secrets.token_urlsafe(32)


def is_mark(account: Account, mark: str) -> bool:
    """Tell whether somebody came back from the consent that this account waits for."""
    expected = account.consent_state
    return bool(expected) and secrets.compare_digest(expected.encode(), mark.encode())


def begin(
    account: Account, *, rights: Iterable[str], back: str, mark: str, now: datetime
) -> list[str]:
    """Note on the row that a consent is wanted; return the changed fields. The doctor asks OVH.

    `back` is our address, with the mark in it, that OVH sends the browser to.
    """
    wanted = set(rights)
    account.rights = [right for right in functions.OPTIONAL if right in wanted]
    account.consent_back = back
    account.consent_state = mark
    account.consent_url = ""
    account.new_consumer_key = ""
    account.consent_at = now
    return ["rights", "consent_at", *FIELDS]


def clear(account: Account) -> list[str]:
    """Forget a consent on the row; return the changed fields."""
    for name in FIELDS:
        setattr(account, name, "")
    return list(FIELDS)


def is_over(account: Account, now: datetime) -> bool:
    """Tell whether a consent was wanted so long ago that nobody will give it any more."""
    return account.consent_at is None or now - account.consent_at >= PATIENCE


def request(account: Account) -> list[str]:
    """Ask OVH for the consumer key of a consent; return the changed fields. Calls OVH.

    Raises:
        OvhError: it gave none.
    """
    asked = request_consumer_key(
        Host(account.host),
        account.application_key,
        functions.rules_for(account.rights),
        account.consent_back,
    )
    # it becomes a link on our page
    if urlsplit(asked.validation_url).scheme not in ("http", "https"):
        raise Unreachable(_("OVH named no page to agree on."), unclear=False)
    account.new_consumer_key = asked.consumer_key
    account.consent_url = asked.validation_url
    return ["new_consumer_key", "consent_url"]


def is_given(account: Account) -> bool:
    """Tell whether the owner agreed. Calls OVH.

    Raises:
        OvhError: OVH did not say, or the application secret is wrong.
    """
    try:
        return connect(new_keys(account)).credential().is_valid
    except Refused as refused:
        # once the browser was back it was agreed to: then the signature itself is wrong
        is_wrong = refused.kind is Kind.BAD_SIGNATURE and not account.consent_state
        if refused.kind in OPEN and not is_wrong:
            return False
        raise


def take(account: Account) -> list[str]:
    """Put the new key in the old one's place on the row; return the changed fields."""
    account.consumer_key = account.new_consumer_key
    return ["consumer_key", *clear(account)]


def new_keys(account: Account) -> ApplicationKeys:
    """Return the keys with the one that waits for consent."""
    return ApplicationKeys(
        Host(account.host),
        account.application_key,
        account.application_secret,
        account.new_consumer_key,
    )


def end(keys: ApplicationKeys) -> None:
    """Make OVH forget a consumer key, where it can be reached: it is not ours to use any more."""
    with contextlib.suppress(OvhError):
        connect(keys).logout()
