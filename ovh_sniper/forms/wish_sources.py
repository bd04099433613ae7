"""Whose account a wish orders with, or whose prices one that only alerts looks at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ovh_sniper.models import Account
from ovh_sniper.models.accounts import HOSTS
from ovh_sniper.services.catalogue import markets
from ovh_sniper.services.orders import listing


@dataclass(frozen=True, slots=True)
class Source:
    """An account with its host and subsidiary, or these alone."""

    host: str
    subsidiary: str
    account: Account | None = None

    @property
    def key(self) -> str:
        """How the form names it."""
        if self.account is not None:
            return self.account.public_id
        return f"{self.host}-{self.subsidiary}"


class SourceField(forms.ChoiceField):
    """One of the tenant's accounts, or a host's subsidiary for alerts; cleans to a Source.

    Made inside the tenant's scope: another tenant's account is simply no choice. `kept` is what the
    wish has now: it stays a choice, also when its account was disconnected.
    """

    def __init__(
        self, *, with_accounts: bool = True, kept: Source | None = None, **options: Any
    ) -> None:
        accounts = list(_accounts()) if with_accounts else []
        # without an answer of OVH nobody knows yet what it may buy, and in which money
        usable = [one for one in accounts if one.subsidiary]
        self.unready = [one for one in accounts if not one.subsidiary]
        known = [Source(one.host, one.subsidiary, one) for one in usable]
        if kept is not None and kept.account is not None:
            known = [kept, *(one for one in known if one.key != kept.key)]
        self.by_key = {one.key: one for one in known}
        groups: list[tuple[object, object]] = []
        if known:
            choices = [(one.key, _account_label(one)) for one in known]
            groups.append((gettext_lazy("Your OVH accounts"), choices))
        for host, name in HOSTS:
            named = [(Source(host, code), label) for code, label in markets.subsidiaries(host)]
            self.by_key |= {one.key: one for one, _label in named}
            label = _("%(host)s, alerts only") % {"host": name} if with_accounts else name
            groups.append((label, [(one.key, label) for one, label in named]))
        super().__init__(choices=groups, **options)

    def clean(self, value: Any) -> Source:
        """Return what was chosen. Raises ValidationError."""
        key = super().clean(value)
        found = self.by_key.get(key)
        if found is None:
            raise ValidationError(self.error_messages["required"], code="required")
        return found

    def of_shop(self, key: str) -> Source | None:
        """Return the account that buys in a shop ("eu-FR"), else the shop alone."""
        if key not in self.by_key:
            return None
        same = [one for one in self.by_key.values() if f"{one.host}-{one.subsidiary}" == key]
        return next((one for one in same if one.account is not None), same[0])

    def first(self, host: str = "") -> Source:
        """Return what to begin with: an account that can order, else any, else only prices."""
        sources = [one for one in self.by_key.values() if host in ("", one.host)]
        able = [one for one in sources if one.account is not None and one.account.can_order]
        return next(iter(able or sources or self.by_key.values()))


def _accounts() -> Iterable[Account]:
    found = Account.objects.filter(left_at=None).defer(*listing.ACCOUNT_SECRETS)
    return found.order_by("name", "pk")


def _account_label(source: Source) -> str:
    account = source.account
    where = f"{markets.host_name(source.host)}, {source.subsidiary}"
    if account is None:
        return where
    if not account.can_order:
        return _("%(account)s (%(where)s), cannot order now") % {
            "account": account.name,
            "where": where,
        }
    return f"{account.name} ({where})"
