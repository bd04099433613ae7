"""What can be meant when somebody enters an account: its keys, region and name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account

# What each kind of account proves itself with.
PARTS = {
    Account.Kind.KEYS: ("application_key", "application_secret", "consumer_key"),
    Account.Kind.SERVICE: ("client_id", "client_secret"),
}
LONGEST_KEY = 200
TAKEN = _("Another account has this name.")


def check(account: Account, *, asks: bool) -> None:
    """Refuse an account that cannot be meant; `asks`: OVH will be asked for the consumer key.

    Raises:
        ValidationError: by field.
    """
    problems: dict[str, Any] = {}
    if account.host not in set(Host):
        problems["host"] = _("There is no such region.")
    for part in PARTS[Account.Kind(account.kind)]:
        value = getattr(account, part)
        if not value and asks and part == "consumer_key":
            continue
        if (problem := key_problem(value)) is not None:
            problems[part] = problem
    try:
        check_name(account)
    except ValidationError as error:
        problems |= error.message_dict
    if problems:
        raise ValidationError(problems)


def key_problem(value: str) -> Any:
    """Return what is wrong with a key before OVH has seen it; None: nothing."""
    if not value:
        return _("This is needed.")
    if not (value.isascii() and value.isprintable()) or " " in value:
        return _("No key has such characters. Copy it again.")
    return _("No key is that long. Copy it again.") if len(value) > LONGEST_KEY else None


def check_name(account: Account) -> None:
    """Refuse a name that is none, or another account's.

    Raises:
        ValidationError: of the field `name`.
    """
    if not 0 < len(account.name) <= 80:
        raise ValidationError({"name": _("A name of at most 80 characters is needed.")})
    if Account.objects.filter(name=account.name).exclude(pk=account.pk).exists():
        raise ValidationError({"name": TAKEN})


@contextmanager
def name_once() -> Iterator[None]:
    """Write a name that somebody else may take in the same moment.

    Raises:
        ValidationError: somebody did.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise ValidationError({"name": TAKEN}) from None
