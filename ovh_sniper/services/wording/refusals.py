"""Why OVH refused, in words: one text for each `Kind`, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ovh_sniper.gateways.errors import Kind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal for people: what it is, and what to do; the second may be empty."""

    title: str
    advice: str

    def __str__(self) -> str:
        return f"{self.title}. {self.advice}".strip() if self.advice else f"{self.title}."


_WORDS: dict[str, tuple[_StrPromise, _StrPromise]] = {
    Kind.CREDENTIAL_INVALID: (
        gettext_lazy("OVH no longer takes the key: it ended, was revoked or was never agreed to"),
        gettext_lazy("Ask for a new consumer key, or enter the keys again."),
    ),
    Kind.CREDENTIAL_UNKNOWN: (
        gettext_lazy("OVH does not know this consumer key"),
        gettext_lazy(
            "It belongs to another application key or another region. Copy all three keys from the "
            "same page, and compare the region."
        ),
    ),
    Kind.KEY_INVALID: (
        gettext_lazy("OVH does not know this application key"),
        gettext_lazy(
            "Copy it again from the page on which it was made, and check that the region is the "
            "one of that page."
        ),
    ),
    Kind.NOT_GRANTED: (
        gettext_lazy("The consumer key may not make this call"),
        gettext_lazy("Ask OVH for a new consumer key: its page then names the call."),
    ),
    Kind.IAM_MISSING: (
        gettext_lazy("A policy at OVH does not allow this"),
        gettext_lazy("Add these actions to the policy of the service account or user at OVH."),
    ),
    Kind.BAD_SIGNATURE: (
        gettext_lazy("The application secret does not fit the application key"),
        gettext_lazy("Enter the secret again. If the consent at OVH is still open, give it first."),
    ),
    Kind.OUT_OF_STOCK: (
        gettext_lazy("OVH had none left at the moment of ordering"),
        gettext_lazy("Nothing was bought. The stock list was ahead of the shop."),
    ),
    Kind.NOT_ASSIGNED: (
        gettext_lazy("The cart did not belong to the account yet"),
        gettext_lazy("Nothing was bought. The cart is built anew."),
    ),
    Kind.CONFIGURATION_MISSING: (
        gettext_lazy("OVH wants a setting for this server that was not given"),
        gettext_lazy("Nothing was bought. Look at the plan’s page at OVH for what it asks."),
    ),
    Kind.CONFIGURATION_DUPLICATED: (
        gettext_lazy("A setting of the cart was given twice"),
        gettext_lazy("Nothing was bought. The cart is built anew."),
    ),
    Kind.NO_PAYMENT_METHOD: (
        gettext_lazy("The OVH account has no valid default payment method"),
        gettext_lazy("Add one at OVH, or order without automatic payment."),
    ),
    Kind.CART_GONE: (
        gettext_lazy("The cart no longer exists at OVH"),
        gettext_lazy("It ended or was deleted. It is built anew."),
    ),
    Kind.PLAN_UNKNOWN: (
        gettext_lazy("OVH does not sell this plan to the account’s country"),
        gettext_lazy("Choose a plan of the account’s own price list."),
    ),
    Kind.WRONG_SUBSIDIARY: (
        gettext_lazy("The account’s country is served by another region of OVH"),
        gettext_lazy("Link the account with the region that it was opened in."),
    ),
    Kind.NOT_ALLOWED: (
        gettext_lazy("OVH does not let this account or this server’s address do it"),
        gettext_lazy(
            "The key may be tied to other IP addresses, or the account be locked: look into OVH’s "
            "control panel."
        ),
    ),
    Kind.METHOD_NOT_USABLE: (
        gettext_lazy("This order cannot be paid with that payment method"),
        gettext_lazy("Open the order at OVH and pay it in another way."),
    ),
    Kind.NOT_FOUND: (
        gettext_lazy("OVH no longer has what was asked for"),
        gettext_lazy("It was removed there."),
    ),
}


def words(kind: str, detail: str = "") -> Refusal:
    """Return a refusal in words, by the value of its `Kind`; `detail` is what OVH said.

    OVH's own words are shown only where we have none: for `Kind.OTHER` and kinds of later times.
    """
    known = _WORDS.get(kind)
    if known is not None:
        return Refusal(str(known[0]), str(known[1]))
    said = " ".join(detail.split())
    if not said:
        return Refusal(_("OVH refused without saying why"), _("Try again later."))
    return Refusal(_("OVH refused: “%(words)s”") % {"words": said}, "")
