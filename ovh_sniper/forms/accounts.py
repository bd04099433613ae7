"""Checks what people enter when they link an OVH account or change its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account
from ovh_sniper.models.accounts import HOSTS
from ovh_sniper.services.accounts import functions
from ovh_sniper.services.accounts.checks import PARTS, key_problem
from tenants.form_fields import SecretInput, option

CONSENT, KEYS, SERVICE = "consent", "keys", "service"
PLAIN = {"spellcheck": "false", "autocapitalize": "off"}
KEEP = _("Leave it empty to keep the stored one, which is never shown.")

REGIONS = {
    Host.EU: _("Europe and Africa: ovhcloud.com with your country"),
    Host.CA: _("Canada, Asia, Australia and the rest of the world"),
    Host.US: _("United States: us.ovhcloud.com"),
}
WAYS = {
    CONSENT: (
        _("You agree on OVH’s page"),
        _("We ask for the least rights, and to renew takes one click. Two keys to copy."),
    ),
    KEYS: (
        _("You copy all three keys"),
        _("One page at OVH makes them, its rights already filled in."),
    ),
    SERVICE: (
        _("Service account (OAuth2)"),
        _("For companies whose policies at OVH say who may do what. It never ends."),
    ),
}


def region_choices() -> list[tuple[str, Any]]:
    """Return the regions, each with who belongs there."""
    return [(code, option(name, REGIONS[Host(code)])) for code, name in HOSTS]


def way_choices() -> list[tuple[str, Any]]:
    """Return the ways to link an account."""
    return [(way, option(*said)) for way, said in WAYS.items()]


def right_choices() -> list[tuple[str, Any]]:
    """Return what an account may be allowed beside ordering."""
    said = {
        functions.PAY: _("With it a button pays an open order."),
        functions.WITHDRAW: _("With it a button gives a server back within 14 days."),
    }
    return [(right, option(functions.LABELS[right], said[right])) for right in said]


def could_be_key(value: str) -> None:
    """Refuse what can be no key. Raises ValidationError."""
    if (problem := key_problem(value)) is not None:
        raise ValidationError(problem)


class KeyField(forms.CharField):
    """A key: it takes a new one and never shows what was typed or is stored."""

    def __init__(self, label: Any, help_text: Any = "") -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            required=False,
            widget=SecretInput(PLAIN),
            validators=[could_be_key],
        )


class RightsForm(forms.Form):
    """What OVH is asked for beside ordering."""

    rights = forms.MultipleChoiceField(
        label=_("Also allow"),
        required=False,
        choices=right_choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing is ticked by itself: what a key cannot do, a thief of it cannot."),
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """Where an account lives, how it is linked, and what is asked for beside ordering."""

    host: Host
    way: str
    rights: tuple[str, ...]


class ChooseForm(RightsForm):
    """Where the account lives, and how it is linked; whatever is no choice counts as the first."""

    host = forms.ChoiceField(
        label=_("Where was the account opened?"), choices=region_choices, widget=forms.RadioSelect
    )
    way = forms.ChoiceField(
        label=_("How do you want to link it?"), choices=way_choices, widget=forms.RadioSelect
    )

    field_order = ["host", "way", "rights"]

    def __init__(self, data: Any) -> None:
        self.chosen = Choice(
            Host(_known(data.get("host"), REGIONS, Host.EU.value)),
            _known(data.get("way"), WAYS, CONSENT),
            tuple(one for one in data.getlist("rights") if one in functions.OPTIONAL),
        )
        chosen = self.chosen
        super().__init__(
            {"host": chosen.host.value, "way": chosen.way, "rights": list(chosen.rights)}
        )


def _known(value: Any, known: Mapping[Any, Any], other: str) -> str:
    return str(value) if value in {str(one) for one in known} else other


class AccountForm(forms.Form):
    """What an account proves itself with; accounts/checks.py says what is wrong with it."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Tells it apart from your other accounts.")
    )
    application_key = KeyField(_("Application key"), _("16 letters and digits."))
    application_secret = KeyField(_("Application secret"), _("32 letters and digits."))
    consumer_key = KeyField(_("Consumer key"), _("32 letters and digits."))
    client_id = KeyField(_("Client id"), _("Begins with the region: EU.0123456789abcdef."))
    client_secret = KeyField(_("Client secret"))

    def keep_only(self, parts: tuple[str, ...]) -> None:
        """Leave out the keys that are not among these."""
        for name in {part for every in PARTS.values() for part in every} - set(parts):
            del self.fields[name]

    def keys(self) -> dict[str, str]:
        """Return the keys of a valid form."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("name", "host", "rights")
        }

    def add_problems(self, error: ValidationError) -> None:
        """Show what is refused beside the fields it is about."""
        for name, problems in error.update_error_dict({}).items():
            self.add_error(name if name in self.fields else None, problems)


class LinkForm(AccountForm):
    """A new account, by one of the ways."""

    def __init__(self, way: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = Account.Kind.SERVICE if way == SERVICE else Account.Kind.KEYS
        parts = PARTS[kind]
        self.keep_only(parts[:2] if way == CONSENT else parts)
        for name in self.fields:
            self.fields[name].required = True


class EditForm(AccountForm):
    """Another name, region or keys for an account; what is left empty stays."""

    host = forms.ChoiceField(label=_("Region"), choices=HOSTS)

    field_order = ["name", "host"]

    def __init__(self, account: Account, data: Any = None) -> None:
        super().__init__(data, initial={"name": account.name, "host": account.host})
        self.keep_only(PARTS[Account.Kind(account.kind)])
        if account.nichandle:
            # an account that worked lives where it lives
            del self.fields["host"]
        if not account.is_disconnected:
            for name in PARTS[Account.Kind(account.kind)]:
                self.fields[name].help_text = KEEP
        if account.kind == Account.Kind.KEYS:
            self.fields["consumer_key"].help_text = _(
                "Leave it empty to keep the stored one. To another application key it does not "
                "belong: then you agree on OVH’s page in the next step."
            )
