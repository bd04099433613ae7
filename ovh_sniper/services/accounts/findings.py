"""What is right or wrong with an OVH account, in words: one text for each thing, never a status.

A finding is a JSON object: `code`, and the facts that its words need. It is kept in
`Account.findings` and put into words only when it is read, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ovh_sniper.gateways.errors import Busy, Kind, OvhError, Refused, Unreachable
from ovh_sniper.models.accounts import HOSTS
from ovh_sniper.services.accounts import functions
from ovh_sniper.services.wording import refusals

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Finding = dict[str, Any]
BAD, WARN, INFO = "bad", "warn", "info"
TONES = (BAD, WARN, INFO)  # worst first


@dataclass(frozen=True, slots=True)
class Words:
    """A finding for people: its tone (bad, warn, info), what it is, what to do."""

    code: str
    tone: str
    title: str
    advice: str
    items: tuple[str, ...] = ()  # rules, actions, addresses: shown as they are

    @property
    def lines(self) -> str:
        """The items, one a line, to be copied."""
        return "\n".join(self.items)


def of_error(error: OvhError) -> Finding:
    """Return the finding that an error of the gateway means."""
    if isinstance(error, Busy):
        return {"code": "busy"}
    if isinstance(error, Unreachable):
        return {"code": "unreachable", "detail": error.reason}
    if not isinstance(error, Refused):
        raise TypeError(f"no finding for {error!r}")
    if error.code == 0:
        return {"code": "incomplete_keys", "detail": error.message}
    found: Finding = {"code": error.kind.value}
    if error.actions:
        found["items"] = list(error.actions)
    elif error.kind is Kind.NOT_GRANTED:
        found["items"] = [f"{error.method} {error.route}"]
    if error.kind is Kind.OTHER:
        found |= {"detail": error.message, "query_id": error.query_id}
    return found


def words(finding: Mapping[str, Any]) -> Words:
    """Return a finding in words, in the active language and time zone."""
    code = str(finding.get("code", ""))
    items = tuple(map(str, finding.get("items") or ()))
    known = _SAID.get(code)
    if known is None:
        return _refusal(code, finding, items)
    tone, title, advice = known
    facts = _facts(finding)
    if code == "missing" and finding.get("function") in (functions.QUOTE, functions.ORDER):
        tone = BAD
    return Words(code, tone, str(title) % facts, str(advice) % facts, items)


def in_order(findings: list[Finding]) -> list[Words]:
    """Return findings in words, the worst first."""
    return sorted(map(words, findings), key=lambda one: TONES.index(one.tone))


def _refusal(code: str, finding: Mapping[str, Any], items: tuple[str, ...]) -> Words:
    refusal = refusals.words(code, str(finding.get("detail") or ""))
    advice = refusal.advice
    if query_id := finding.get("query_id"):
        number = _("OVH’s support finds the call under %(id)s.") % {"id": query_id}
        advice = f"{advice} {number}".strip()
    return Words(code, BAD, refusal.title, advice, items)


def _facts(finding: Mapping[str, Any]) -> dict[str, str]:
    """Return the facts as texts: what a function is called, a moment on the reader's clock."""
    facts = {name: str(value) for name, value in finding.items()}
    if "function" in facts:
        facts["function"] = str(functions.LABELS[facts["function"]])
    for name in ("host", "chosen"):
        if name in facts:
            facts[name] = dict(HOSTS)[facts[name]]
    if "at" in facts:
        at = timezone.localtime(datetime.fromisoformat(facts["at"]))
        facts["at"] = date_format(at, "DATETIME_FORMAT")
    if "on" in facts:
        facts["on"] = date_format(date.fromisoformat(facts["on"]), "DATE_FORMAT")
    return facts


_SAID: dict[str, tuple[str, _StrPromise, _StrPromise]] = {
    # --- nothing works
    "incomplete_keys": (
        BAD,
        gettext_lazy("The keys are not complete"),
        gettext_lazy("%(detail)s Nothing was sent to OVH."),
    ),
    "unreadable": (
        BAD,
        gettext_lazy("The stored keys cannot be read any more"),
        gettext_lazy("This server’s own encryption key was changed. Enter all keys again."),
    ),
    "expired": (
        BAD,
        gettext_lazy("The consumer key ended on %(at)s"),
        gettext_lazy("Ask OVH for a new one: your application key stays as it is."),
    ),
    "wrong_host": (
        BAD,
        gettext_lazy("The keys belong to %(host)s, not to %(chosen)s"),
        gettext_lazy(
            "OVH’s three regions do not know each other’s keys. Choose %(host)s where the keys are "
            "entered."
        ),
    ),
    "other_account": (
        BAD,
        gettext_lazy("The keys belong to the customer %(nichandle)s, not to %(known)s"),
        gettext_lazy(
            "Orders are followed with the account they were made with. Link %(nichandle)s as an "
            "account of its own."
        ),
    ),
    "disconnected": (
        INFO,
        gettext_lazy("This account is disconnected"),
        gettext_lazy("Its keys were deleted here; its orders stay as they were seen last."),
    ),
    "leaving": (
        INFO,
        gettext_lazy("This account is being disconnected"),
        gettext_lazy("Its carts and its key end at OVH; then the keys are deleted here."),
    ),
    "consent_open": (
        WARN,
        gettext_lazy("You have not agreed at OVH yet, or you refused"),
        gettext_lazy("Open OVH’s page once more, or ask for a new consent."),
    ),
    "consent_ended": (
        BAD,
        gettext_lazy("Nobody agreed at OVH in time"),
        gettext_lazy("Ask for a new consent when you are ready: it takes a minute."),
    ),
    # --- OVH does not answer
    "busy": (
        WARN,
        gettext_lazy("OVH asks us to slow down"),
        gettext_lazy("The account is looked at again in a moment."),
    ),
    "unreachable": (
        WARN,
        gettext_lazy("OVH could not be reached for the last look"),
        gettext_lazy("%(detail)s It is tried again by itself; what is shown is from before."),
    ),
    # --- part of it works
    "missing": (
        WARN,
        gettext_lazy("Not allowed: %(function)s"),
        gettext_lazy(
            "Ask OVH for a new consumer key, or let a policy allow it for a service account. "
            "Missing:"
        ),
    ),
    "unsure": (
        INFO,
        gettext_lazy("Cannot be told in advance: %(function)s"),
        gettext_lazy("OVH does not list these rights, so it shows at the first time. Needed:"),
    ),
    "incomplete": (
        BAD,
        gettext_lazy("OVH calls the customer account incomplete"),
        gettext_lazy("Fill in the profile in OVH’s control panel: until then orders are refused."),
    ),
    "unidentified": (
        WARN,
        gettext_lazy("OVH has not verified who the customer is"),
        gettext_lazy("OVH may hold an order back until identity papers are sent."),
    ),
    "no_payment_method": (
        WARN,
        gettext_lazy("There is no valid default payment method"),
        gettext_lazy("Orders can be placed, but none can pay itself. Add a method at OVH."),
    ),
    "payment_ends": (
        WARN,
        gettext_lazy("The default payment method ends on %(on)s"),
        gettext_lazy("Add another one at OVH and make it the default."),
    ),
    "expires": (
        WARN,
        gettext_lazy("The consumer key ends on %(at)s"),
        gettext_lazy("Renew it before then; after that nothing can be ordered or followed."),
    ),
    # --- worth knowing
    "off": (
        INFO,
        gettext_lazy("Not asked for: %(function)s"),
        gettext_lazy("The key cannot do it, so somebody who steals the key cannot either."),
    ),
    "beyond": (
        INFO,
        gettext_lazy("The key may do more than is needed"),
        gettext_lazy("Ask OVH for a new consumer key to have the least rights. Not needed:"),
    ),
    "addresses": (
        INFO,
        gettext_lazy("The key works from these addresses only"),
        gettext_lazy("If this server’s address changes, OVH refuses everything. Allowed:"),
    ),
    "linked_twice": (
        WARN,
        gettext_lazy("The same OVH customer is linked as “%(name)s” too"),
        gettext_lazy("Budgets and guards against repeats count for each of the two alone."),
    ),
}
