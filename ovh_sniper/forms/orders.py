"""Checks what staff types to order a server, to look for orders, and to withdraw from one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ovh_sniper.gateways.catalogue import Catalogue, Family, Plan
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.orders import RetractionReason
from ovh_sniper.models import Account, Order
from ovh_sniper.models.wishes import MAX_QUANTITY
from ovh_sniper.services.catalogue import catalogues, markets
from ovh_sniper.services.orders import listing
from ovh_sniper.services.wording import words

# one press of a button, however often it arrives
KEY = re.compile(r"[0-9A-Za-z]{8,40}")
MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
MOST_MONTHS = 36
MOST_TEXT = 80
# What the page calls the families that most plans have; others have OVH's name.
FAMILIES = {
    "memory": gettext_lazy("Memory"),
    "storage": gettext_lazy("Storage"),
    "system-storage": gettext_lazy("System disk"),
    "bandwidth": gettext_lazy("Bandwidth"),
    "vrack": gettext_lazy("Private network"),
    "gpu": gettext_lazy("GPU"),
}


class OrderNowForm(forms.Form):
    """An order by hand: account, plan, places, number, parts."""

    account = forms.ChoiceField(label=gettext_lazy("OVH account"))
    plan = forms.CharField(max_length=80, widget=forms.HiddenInput)
    quantity = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, max_value=MAX_QUANTITY, initial=1
    )
    datacenters = forms.MultipleChoiceField(
        label=gettext_lazy("Where"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: wherever it is in stock, soonest first."),
    )
    autopay = forms.BooleanField(
        label=gettext_lazy("Pay at once with the account’s default payment method"), required=False
    )
    request_key = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, accounts: Sequence[Account], may_pay: bool) -> None:
        super().__init__(data)
        self.accounts = {one.public_id: one for one in accounts}
        if self.buyer and not self.data.get("account"):
            self.data = data.copy()
            self.data["account"] = self.buyer.public_id  # type: ignore[index]
        self.fields["account"].choices = [  # type: ignore[attr-defined]
            (one.public_id, f"{one.name} ({markets.host_name(one.host)}, {one.subsidiary})")
            for one in accounts
        ]
        self.families: list[Family] = []
        if (catalogue := self._catalogue()) and (sold := self._sold(catalogue)):
            self._offer(catalogue, sold)
        if not (may_pay and self.buyer and self.buyer.payment_method):
            del self.fields["autopay"]

    @property
    def buyer(self) -> Account | None:
        """The account that is named, else the first one."""
        named = self.accounts.get(str(self.data.get("account") or ""))
        return named or next(iter(self.accounts.values()), None)

    def _catalogue(self) -> Catalogue | None:
        if self.buyer is None:
            return None
        return catalogues.current(Host(self.buyer.host), self.buyer.subsidiary)

    def _sold(self, catalogue: Catalogue) -> Plan | None:
        return catalogue.plans.get(str(self.data.get("plan") or ""))

    def _offer(self, catalogue: Catalogue, plan: Plan) -> None:
        """Fill in the choices that depend on the plan."""
        self.fields["datacenters"].choices = [  # type: ignore[attr-defined]
            (code, words.plain_place(code)) for code in plan.datacenters
        ]
        for family in plan.families:
            if len(family.addons) < 2 and family.is_mandatory:
                continue
            self.families.append(family)
            self.fields[_option(family)] = forms.ChoiceField(
                label=FAMILIES.get(family.name, family.name),
                required=False,
                choices=[("", _left_open(family)), *_addons(catalogue, family)],
            )

    def option_fields(self) -> list[forms.BoundField]:
        """Return the fields of the plan's parts."""
        return [self[_option(family)] for family in self.families]

    @property
    def has_key(self) -> bool:
        """Whether the press has a key as we give it."""
        return KEY.fullmatch(str(self.data.get("request_key") or "")) is not None

    def clean_request_key(self) -> str:
        """Return the key of this press. Raises ValidationError."""
        if not self.has_key:
            raise ValidationError(_("Open the form again."))
        return str(self.cleaned_data["request_key"])

    @property
    def options(self) -> list[str]:
        """The addon codes that were chosen."""
        chosen = (self.cleaned_data.get(_option(family)) for family in self.families)
        return [code for code in chosen if code]


def _option(family: Family) -> str:
    return f"option_{family.name}"


def _left_open(family: Family) -> str:
    if family.name in {"memory", "storage", "system-storage", "gpu"}:
        return _("the cheapest that is in stock")
    return _("the usual one") if family.is_mandatory else _("none")


def _addons(catalogue: Catalogue, family: Family) -> Iterable[tuple[str, str]]:
    for code in family.addons:
        addon = catalogue.addons.get(code)
        yield code, addon.name or addon.product or code if addon else code


class RetractForm(forms.Form):
    """Why a paid order is withdrawn from, in OVH's words."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[
            (RetractionReason.UNUSED.value, gettext_lazy("it is not needed any more")),
            (RetractionReason.EXPENSIVE.value, gettext_lazy("it is too expensive")),
            (RetractionReason.COMPETITOR.value, gettext_lazy("somebody else offers better")),
            (RetractionReason.PERFORMANCE.value, gettext_lazy("it is too slow")),
            (RetractionReason.RELIABILITY.value, gettext_lazy("it is not reliable")),
            (RetractionReason.DIFFICULTY.value, gettext_lazy("it is hard to use")),
            (RetractionReason.OTHER.value, gettext_lazy("another reason")),
        ],
    )


class OrderFilter(forms.Form):
    """Which orders are listed; nonsense in an address counts for nothing."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": gettext_lazy("Plan, number, server or person")}
        ),
    )
    account = forms.ChoiceField(label=gettext_lazy("OVH account"), required=False)
    source = forms.ChoiceField(
        label=gettext_lazy("Wanted by"),
        required=False,
        choices=[("", gettext_lazy("anybody")), *Order.Source.choices],
    )
    # a month without orders is as good as any: it has none
    month = forms.CharField(label=gettext_lazy("Month"), required=False, widget=forms.Select)

    def __init__(
        self, data: Any, *, accounts: Sequence[Account], first: datetime | None, now: datetime
    ) -> None:
        super().__init__(data)
        self.fields["account"].choices = [  # type: ignore[attr-defined]
            ("", _("all accounts")),
            *((one.public_id, one.name) for one in accounts),
        ]
        self.fields["month"].widget.choices = [
            ("", _("all months")),
            *months(first, now),
        ]

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out of the list."""
        return any(self.data.get(name) for name in ("q", "account", "source", "month", "state"))

    def wanted(self, zone: ZoneInfo) -> listing.Wanted:
        """Return what is looked for."""
        self.is_valid()
        given = self.cleaned_data
        since, until = bounds(given.get("month") or "", zone)
        group = str(self.data.get("state") or "")
        return listing.Wanted(
            text=given.get("q") or "",
            group=group if group in listing.GROUPS else "",
            account=given.get("account") or "",
            source=given.get("source") or "",
            since=since,
            until=until,
        )


def months(first: datetime | None, now: datetime) -> list[tuple[str, str]]:
    """Return the months since the first order, the latest first; times in the tenant's zone."""
    if first is None:
        return []
    found: list[tuple[str, str]] = []
    year, month = now.year, now.month
    while (year, month) >= (first.year, first.month) and len(found) < MOST_MONTHS:
        name = date_format(datetime(year, month, 1, tzinfo=now.tzinfo), "YEAR_MONTH_FORMAT")
        found.append((f"{year}-{month:02}", name))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return found


def bounds(month: str, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """Return when a month (`2026-11`) begins and ends in a zone."""
    found = MONTH.fullmatch(month)
    if found is None:
        return None, None
    year, number = int(found[1]), int(found[2])
    after = (year, number + 1) if number < 12 else (year + 1, 1)
    return datetime(year, number, 1, tzinfo=zone), datetime(*after, 1, tzinfo=zone)
