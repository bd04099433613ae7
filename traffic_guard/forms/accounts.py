"""Checks what people enter when they link a cloud account or change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tenants.form_fields import SecretInput, option
from traffic_guard.gateways.registry import Choice, provider_choices
from traffic_guard.models import Account
from traffic_guard.services.accounts.validation import key_problem

PLAIN = {"spellcheck": "false", "autocapitalize": "off"}
KEEP = _("Leave it empty to keep the stored one, which is never shown.")
# who belongs to which site of Huawei Cloud
SITES = {
    "cn": _("You log in at huaweicloud.com. Servers may be anywhere, also in Hong Kong."),
    "intl": _("You log in at huaweicloud.com/intl. Servers may be anywhere."),
    "eu": _("You log in at huaweicloud.eu. Servers are in Europe."),
}
RIGHTS = {
    Account.Rights.MONITOR: (
        _("Watch only"),
        _("You see what is left and are warned. These keys can stop nothing."),
    ),
    Account.Rights.GUARD: (
        _("Watch, stop and start"),
        _("You can also press stop and start here, and later have it done automatically."),
    ),
}


def right_choices() -> list[tuple[str, Any]]:
    """Return what keys can be for, each with what that means."""
    return [(right.value, option(*RIGHTS[right])) for right in RIGHTS]


def site_choices(cloud: Choice) -> list[tuple[str, Any]]:
    """Return the sites of a cloud, each with who belongs there."""
    return [
        (code, option(title, SITES[code]) if code in SITES else title)
        for code, title in cloud.sites
    ]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The cloud and its site where an account was opened, and what its keys are for."""

    cloud: Choice
    site: str
    rights: str


def chosen(data: Any) -> Chosen:
    """Return what was chosen; whatever is no choice counts as the first."""
    clouds = provider_choices()
    cloud = next((one for one in clouds if one.slug == data.get("provider")), clouds[0])
    site = data.get("site") if data.get("site") in dict(cloud.sites) else cloud.sites[0][0]
    rights = data.get("rights")
    known = Account.Rights.values
    return Chosen(cloud, str(site), str(rights if rights in known else known[0]))


class ChooseForm(forms.Form):
    """Where the account was opened and what its keys are for; no field where there is no choice."""

    provider = forms.ChoiceField(label=_("Cloud"), widget=forms.RadioSelect)
    site = forms.ChoiceField(
        label=_("Where was the account opened?"),
        widget=forms.RadioSelect,
        help_text=_("This is about the account, not about the regions of its servers."),
    )
    rights = forms.ChoiceField(
        label=_("What are the keys for?"), choices=right_choices, widget=forms.RadioSelect
    )

    def __init__(self, now: Chosen) -> None:
        super().__init__({"provider": now.cloud.slug, "site": now.site, "rights": now.rights})
        clouds = provider_choices()
        self._choose("provider", [(one.slug, one.title) for one in clouds])
        self._choose("site", site_choices(now.cloud))

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        if len(choices) < 2:
            del self.fields[name]
            return
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


def could_be_key(value: str) -> None:
    """Refuse what can be no key. Raises ValidationError."""
    if value and (problem := key_problem(value)) is not None:
        raise ValidationError(problem)


class KeyField(forms.CharField):
    """A key: it takes a new one and never shows what was typed or is stored."""

    def __init__(self, label: Any, help_text: Any) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            required=False,
            widget=SecretInput(PLAIN),
            validators=[could_be_key],
        )


class AccountForm(forms.Form):
    """What an account is called and its keys; services say what else is wrong with them."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Tells it apart from your other accounts.")
    )
    access_key = KeyField(
        _("Access key (AK)"),
        _("“Access Key Id” in the file. At Huawei Cloud: 20 letters and digits."),
    )
    secret_key = KeyField(
        _("Secret key (SK)"),
        _("“Secret Access Key” in the file. At Huawei Cloud: 40 letters and digits."),
    )

    def add_problems(self, error: ValidationError) -> None:
        """Show what is refused beside the fields it is about."""
        for name, problems in error.update_error_dict({}).items():
            self.add_error(name if name in self.fields else None, problems)


class LinkForm(AccountForm):
    """A new account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = True
        for name in ("access_key", "secret_key"):
            # what was typed stays where another choice above brings other steps
            self.fields[name].widget.attrs["hx-preserve"] = "true"


class EditForm(AccountForm):
    """Another name, site or keys for an account; what is left empty stays."""

    site = forms.ChoiceField(label=_("Where was the account opened?"), widget=forms.RadioSelect)
    rights = forms.ChoiceField(
        label=_("What are the keys for?"), choices=right_choices, widget=forms.RadioSelect
    )

    field_order = ["name", "site", "rights", "access_key", "secret_key"]

    def __init__(self, account: Account, data: Any = None) -> None:
        values = {"name": account.name, "site": account.site, "rights": account.rights}
        super().__init__(data, initial=values)
        cloud = next((one for one in provider_choices() if one.slug == account.provider), None)
        sites = site_choices(cloud) if cloud else []
        field = self.fields["site"]
        if len(sites) < 2:
            del self.fields["site"]
        elif isinstance(field, forms.ChoiceField):
            field.choices = sites
        for name in ("access_key", "secret_key"):
            if account.left_at is None:
                self.fields[name].help_text = KEEP
            else:
                self.fields[name].required = True
