"""The form of a wish for dedicated servers: what it offers depends on account and plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ovh_sniper.forms import wish_hardware, wish_plans
from ovh_sniper.forms.watching import WatchForm, watch_initial
from ovh_sniper.forms.wish_fields import AmountField, PlanCodesField
from ovh_sniper.forms.wish_hardware import EXTRA, Place
from ovh_sniper.forms.wish_plans import PlanRow
from ovh_sniper.forms.wish_sources import Source, SourceField
from ovh_sniper.models import Wish
from ovh_sniper.models.wishes import MAX_QUANTITY
from ovh_sniper.services.catalogue import choosing, plan_parts, plan_search
from ovh_sniper.services.catalogue.offers import Offer

Mode = Wish.Mode
RANK = "rank-"
# a year; OVH names at most some weeks
LONGEST_DELIVERY = 8760
MODES = [
    (Mode.ALERT, gettext_lazy("Alert only")),
    (Mode.ASK, gettext_lazy("Ask first")),
    (Mode.ORDER, gettext_lazy("Order at once")),
]


class WishForm(WatchForm):
    """A wish, or the same wish for several plans.

    `may_pay`: whether who fills it in may let a wish pay by itself. `wish`: the one to change.
    """

    plans = PlanCodesField(label=gettext_lazy("Plan"))
    unlisted = forms.BooleanField(label=gettext_lazy("Watch for it all the same"), required=False)
    quantity = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, max_value=MAX_QUANTITY, initial=1
    )
    max_delivery_hours = forms.IntegerField(
        label=gettext_lazy("Longest delivery (hours)"),
        min_value=1,
        max_value=LONGEST_DELIVERY,
        required=False,
        help_text=gettext_lazy("Empty: however long it takes. OVH says 1, 24, 72 hours and more."),
    )
    cap_due_now = AmountField(
        label=gettext_lazy("Most to pay now"),
        help_text=gettext_lazy(
            "For one server: setup, first month and options, tax included. Empty: any price."
        ),
    )
    cap_renewal = AmountField(
        label=gettext_lazy("Most for a month later"),
        help_text=gettext_lazy(
            "For one server, tax included, without promotions. Empty: any price."
        ),
    )
    budget_day = AmountField(
        label=gettext_lazy("Budget for a day"),
        help_text=gettext_lazy("For all orders of this wish together."),
    )
    budget_month = AmountField(label=gettext_lazy("Budget for a month"))
    mode = forms.ChoiceField(
        label=gettext_lazy("When it appears"),
        choices=MODES,
        initial=Mode.ALERT,
        widget=forms.RadioSelect,
    )
    autopay = forms.BooleanField(label=gettext_lazy("Pay automatically"), required=False)
    waive_retractation = forms.BooleanField(
        label=gettext_lazy("Waive the right of withdrawal"), required=False
    )
    dry_run = forms.BooleanField(label=gettext_lazy("Dry run"), required=False)
    guards_repeats = forms.BooleanField(
        label=gettext_lazy("Guard against repeats"), required=False, initial=True
    )

    FIELDS = {
        **WatchForm.FIELDS,
        "account": "source",
        "host": "source",
        "subsidiary": "source",
        "plan_code": "plans",
    }

    def __init__(
        self,
        *args: Any,
        may_pay: bool,
        wish: Wish | None = None,
        query: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.wish = wish
        self.may_pay = may_pay
        kept = Source(wish.host, wish.subsidiary, wish.account) if wish is not None else None
        field = SourceField(kept=kept, label=_("Account"))
        self.fields["source"] = field
        self.source = self._source(field)
        self.codes = self._codes()
        self._look_up(query)
        self._add_hardware()
        self.places = self._places()
        if not may_pay and not (wish is not None and wish.autopay):
            self.fields["autopay"].widget.attrs["disabled"] = True

    # --- What depends on account and plan

    def _raw(self, name: str) -> Any:
        """Return what was typed, or what the form began with."""
        return self[name].value()

    def _source(self, field: SourceField) -> Source:
        found = field.by_key.get(str(self._raw("source") or ""))
        return found if found is not None else field.first()

    def _codes(self) -> list[str]:
        try:
            codes: list[str] = PlanCodesField(required=False).clean(self._raw("plans"))
        except forms.ValidationError:
            return []
        return codes

    def _look_up(self, query: str) -> None:
        where = (self.source.host, self.source.subsidiary)
        self.found = plan_search.search(*where, query, self.codes)
        self.sold = plan_parts.of(*where, self.codes[0]) if len(self.codes) == 1 else None

    def _add_hardware(self) -> None:
        wish = self.wish if self.wish and self.codes == [self.wish.plan_code] else None
        kept = {name: getattr(wish, name) for name in choosing.PARTS} if wish else {}
        extras = wish.extras if wish is not None else {}
        if self.sold is None:
            return
        self.fields |= wish_hardware.part_fields(self.sold, kept)
        self.fields |= wish_hardware.extra_fields(self.sold, extras)

    @property
    def hardware(self) -> list[forms.BoundField]:
        """The fields of parts and options that this plan has."""
        names = [*choosing.PARTS, *(name for name in self.fields if name.startswith(EXTRA))]
        return [self[name] for name in names if name in self.fields]

    @property
    def chosen(self) -> list[Offer]:
        """The plans that are chosen, also those that OVH does not list."""
        return [self.found.chosen.get(code) or Offer(code) for code in self.codes]

    @property
    def plan_rows(self) -> list[PlanRow]:
        """The plans as the page lists them."""
        return wish_plans.rows(self.chosen, self.found)

    def _places(self) -> list[Place]:
        kept = self.initial.get("datacenters", [])
        ticked, ranks = self._ticked()
        return wish_hardware.places([*self._offered_places(), *kept], ticked, ranks)

    def _offered_places(self) -> list[str]:
        if self.sold is not None:
            return list(self.sold.datacenters)
        every = [place for one in self.chosen for place in one.datacenters]
        return list(dict.fromkeys(every))

    def _ticked(self) -> tuple[list[str], dict[str, str]]:
        """Return the ticked datacenters and the numbers beside all of them."""
        if not self.is_bound:
            kept = self.initial.get("datacenters", [])
            return kept, {code: str(at) for at, code in enumerate(kept, 1)}
        typed: Any = self.data
        ranks = {
            name.removeprefix(RANK): str(typed[name]) for name in typed if name.startswith(RANK)
        }
        return typed.getlist("datacenters"), ranks

    # --- Checked

    def clean_plans(self) -> list[str]:
        """Refuse plans that OVH does not list, unless somebody insists."""
        codes: list[str] = self.cleaned_data["plans"]
        if self.wish is not None and len(codes) > 1:
            raise forms.ValidationError(_("One wish is for one plan."))
        strange = [code for code in codes if code not in self.found.chosen]
        if strange and self.found.is_read and not self.data.get("unlisted"):
            message = _("OVH lists no such plan: %(codes)s.") % {"codes": ", ".join(strange)}
            raise forms.ValidationError(message, code="unlisted")
        return codes

    @property
    def asks_for_unlisted(self) -> bool:
        """Whether somebody has to insist on a plan that OVH does not list."""
        is_refused = self.is_bound and self.has_error("plans", "unlisted")
        return is_refused or bool(self.is_bound and self.data.get("unlisted"))

    def clean(self) -> dict[str, Any]:
        """Put the datacenters in order and see whether mode and plans go together."""
        cleaned: dict[str, Any] = super().clean() or {}
        ticked, ranks = self._ticked()
        allowed = {place.code for place in self.places}
        if not allowed.issuperset(ticked):
            self.add_error(None, _("The plan is not sold in one of these datacenters."))
        cleaned["datacenters"] = wish_hardware.in_order(
            [code for code in ticked if code in allowed], ranks
        )
        if cleaned.get("mode") not in (None, Mode.ALERT):
            self._check_buying()
        return cleaned

    def _check_buying(self) -> None:
        if self.source.account is None:
            self.add_error("source", _("To order, choose an OVH account."))
        unsold = [one.plan_code for one in self.found.chosen.values() if one.due_now is None]
        if unsold and self.found.is_read:
            message = _("OVH names no public price for %(codes)s: it can only be alerted of.")
            self.add_error("mode", message % {"codes": ", ".join(unsold)})

    # --- What it says

    def terms(self) -> dict[str, Any]:
        """Return what the valid form says, without its plans, as wishes/lifecycle.py takes it."""
        return {**self.watch_terms(), **self._terms(self.cleaned_data)}

    def _terms(self, given: Mapping[str, Any]) -> dict[str, Any]:
        mode = given.get("mode") or Mode.ALERT
        extras = {
            name.removeprefix(EXTRA): given[name]
            for name in self.fields
            if name.startswith(EXTRA) and given.get(name)
        }
        return {
            "account": self.source.account,
            "host": self.source.host,
            "subsidiary": self.source.subsidiary,
            **{name: given.get(name) or "" for name in choosing.PARTS},
            "extras": extras,
            "datacenters": given.get("datacenters", []),
            "quantity": given.get("quantity") or 1,
            **{name: given.get(name) for name in PLAIN},
            "mode": mode,
            **{name: bool(given.get(name)) for name in FLAGS},
            # who only wants to be told must not find one day that his orders pay themselves
            "autopay": bool(given.get("autopay")) and mode != Mode.ALERT,
        }

    def draft(self) -> Wish:
        """Return an unsaved wish of whatever is typed so far, for the preview."""
        given = self.cleaned_data if self.is_bound else self.initial
        return Wish(plan_code=next(iter(self.codes), ""), **self._terms(given))


PLAIN = ("max_delivery_hours", "cap_due_now", "cap_renewal", "budget_day", "budget_month")
FLAGS = ("waive_retractation", "dry_run", "guards_repeats")


def initial_of(wish: Wish) -> dict[str, Any]:
    """Return a wish as the form shows it."""
    account = wish.account
    where = Source(wish.host, wish.subsidiary, account)
    extras: Mapping[str, str] = wish.extras if isinstance(wish.extras, dict) else {}
    return {
        **watch_initial(wish),
        "source": where.key,
        "plans": [wish.plan_code],
        "datacenters": list(wish.datacenters),
        "mode": wish.mode,
        "autopay": wish.autopay,
        **{f"{EXTRA}{family}": code for family, code in extras.items()},
        **{name: getattr(wish, name) for name in (*choosing.PARTS, *PLAIN, *FLAGS, "quantity")},
    }
