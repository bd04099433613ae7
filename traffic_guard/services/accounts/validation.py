"""What can be meant when somebody enters an account: its keys, cloud, site and name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from traffic_guard.gateways.registry import provider_choices
from traffic_guard.models import Account

LONGEST_KEY = 128
LONGEST_NAME = 80
# Huawei Cloud's keys: an access key and a secret key cannot be taken for each other
ACCESS_KEY_SIZE, SECRET_KEY_SIZE = 20, 40


def check(account: Account) -> None:
    """Refuse an account that cannot be meant, before anything is sent with its keys.

    Raises:
        ValidationError: by field.
    """
    problems = {**_wrong_choices(account), **_wrong_keys(account)}
    for checked in (check_name, check_key_once):
        try:
            checked(account)
        except ValidationError as error:
            problems = {**error.message_dict, **problems}
    if problems:
        raise ValidationError(problems)


def _wrong_choices(account: Account) -> dict[str, Any]:
    problems: dict[str, Any] = {}
    sites = next((one.sites for one in provider_choices() if one.slug == account.provider), None)
    if sites is None:
        problems["provider"] = _("There is no such cloud.")
    elif account.site not in dict(sites):
        problems["site"] = _("There is no such site.")
    if account.rights not in Account.Rights.values:
        problems["rights"] = _("There is no such choice.")
    return problems


def _wrong_keys(account: Account) -> dict[str, Any]:
    problems: dict[str, Any] = {}
    for part in ("access_key", "secret_key"):
        if (problem := key_problem(getattr(account, part))) is not None:
            problems[part] = problem
    if not problems and _are_swapped(account):
        problems["access_key"] = _("This is the secret key: the two are swapped.")
    return problems


def key_problem(value: str) -> str | None:
    """Return what is wrong with a key before the cloud has seen it; None: nothing."""
    if not value.strip():
        return _("This is needed.")
    if not (value.isascii() and value.isprintable()) or " " in value:
        return _("No key has such characters. Copy it again.")
    return _("No key is that long. Copy it again.") if len(value) > LONGEST_KEY else None


def check_name(account: Account) -> None:
    """Refuse a name that is none, or another account's.

    Raises:
        ValidationError: of the field `name`.
    """
    if not 0 < len(account.name) <= LONGEST_NAME:
        raise ValidationError({"name": _("A name of at most 80 characters is needed.")})
    others = Account.objects.filter(name=account.name, left_at=None).exclude(pk=account.pk)
    if others.exists():
        raise ValidationError({"name": _name_taken()})


def check_key_once(account: Account) -> None:
    """Refuse a key that another account of the tenant has; other tenants' are no matter.

    Raises:
        ValidationError: of the field `access_key`.
    """
    same = Account.objects.filter(key_mark=account.key_mark, left_at=None).exclude(pk=account.pk)
    name = same.values_list("name", flat=True).first()
    if name is not None:
        raise ValidationError({"access_key": _key_taken() % {"name": name}})


@contextmanager
def once(account: Account) -> Iterator[None]:
    """Write a name and a key that somebody else may enter in the same moment.

    Raises:
        ValidationError: somebody did.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        check_name(account)
        check_key_once(account)
        raise ValidationError({"name": _name_taken()}) from None


def _are_swapped(account: Account) -> bool:
    sizes = len(account.access_key), len(account.secret_key)
    return account.provider == "huawei" and sizes == (SECRET_KEY_SIZE, ACCESS_KEY_SIZE)


def _name_taken() -> str:
    return _("Another account has this name.")


def _key_taken() -> str:
    return _("This key is linked already, as “%(name)s”.")
