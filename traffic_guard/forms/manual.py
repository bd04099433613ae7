"""Checks what people enter of servers and packages that no search finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from traffic_guard.models import Account, Package, Server
from traffic_guard.services.accounts import manual

if TYPE_CHECKING:
    _AccountField = forms.ModelChoiceField[Account]
else:
    _AccountField = forms.ModelChoiceField
PLAIN = {"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}


class AccountChoice(_AccountField):
    """An account by its public id; whoever asks for another tenant's finds none."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Account"), queryset=None, to_field_name="public_id", empty_label=None
        )


class ProblemsForm(forms.Form):
    """A form that shows what services refuse beside its fields."""

    def add_problems(self, error: ValidationError) -> None:
        """Show what is refused beside the fields it is about."""
        for name, problems in error.update_error_dict({}).items():
            self.add_error(name if name in self.fields else None, problems)


class ServerForm(ProblemsForm):
    """A server by its ids at the cloud."""

    account = AccountChoice()
    name = forms.CharField(
        label=_("Name"), max_length=128, required=False, help_text=_("What you call it here.")
    )
    region = forms.CharField(
        label=_("Region"),
        max_length=40,
        help_text=_("Its id, such as ap-southeast-1 for Hong Kong."),
        widget=forms.TextInput({**PLAIN, "list": "regions"}),
    )
    server_id = forms.CharField(
        label=_("Server id"),
        max_length=64,
        help_text=_("On the server’s page at the cloud, under “Basic information”."),
        widget=forms.TextInput(PLAIN),
    )
    package_ids = forms.CharField(
        label=_("Ids of its own traffic packages"),
        required=False,
        help_text=_(
            "One a line. Leave it empty for a server that uses a package shared in its region."
        ),
        widget=forms.Textarea({**PLAIN, "rows": 2}),
    )
    project_id = forms.CharField(
        label=_("Project id"),
        max_length=64,
        required=False,
        help_text=_("Empty: the main project of the region, as the cloud lists it."),
        widget=forms.TextInput(PLAIN),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["account"]
        if isinstance(field, forms.ModelChoiceField):
            # keys are of no use here
            usable = Account.objects.filter(left_at=None).defer("access_key", "secret_key")
            field.queryset = usable.order_by("name", "pk")

    def clean_package_ids(self) -> list[str]:
        """Return the ids, however they were separated."""
        return str(self.cleaned_data["package_ids"]).replace(",", " ").split()


class PackageForm(ProblemsForm):
    """One more package of a server."""

    package_id = forms.CharField(
        label=_("Package id"),
        max_length=64,
        help_text=_("In the billing center at the cloud, among the resource packages."),
        widget=forms.TextInput(PLAIN),
    )


class ServersForm(ProblemsForm):
    """The servers that may be stopped at the end of a shared package."""

    servers: forms.ModelMultipleChoiceField[Server] = forms.ModelMultipleChoiceField(
        label=_("May be stopped at its end"),
        queryset=None,
        required=False,
        to_field_name="public_id",
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Nothing ticked: you are alerted, and no server is ever stopped because of it."
        ),
    )

    def __init__(self, package: Package, data: Any = None) -> None:
        offered = manual.choosable(package)
        chosen = Server.objects.filter(links__package=package, links__is_chosen=True)
        super().__init__(data, initial={"servers": [one.public_id for one in chosen]})
        field = self.fields["servers"]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = Server.objects.filter(pk__in=[one.pk for one in offered]).order_by(
                "name", "pk"
            )
