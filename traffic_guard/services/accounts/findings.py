"""What is right or wrong with a cloud account, in words: one text for each thing.

A finding is a JSON object: `code`, and the facts that its words need. It is kept in
`Account.findings` and put into words only when it is read, in the reader's language. Codes of
rights are those of `RIGHTS`; a refusal has its gateways.cloud.Kind for a code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from traffic_guard.gateways.cloud import Busy, CloudError, Kind, Refused, Unreachable
from traffic_guard.gateways.registry import provider_choices
from traffic_guard.models import Account
from traffic_guard.services.accounts import permissions

Finding = dict[str, Any]
BAD, WARN, INFO = "bad", "warn", "info"
TONES = (BAD, WARN, INFO)  # worst first
# what is said of one right; the others speak of the account
RIGHTS = ("granted", "missing", "unsure", "untried", "off")
# Said of the last look only: the next one that gets an answer takes them back.
PASSING = frozenset({"busy", "unreachable"})


@dataclass(frozen=True, slots=True)
class Words:
    """A finding for people: its tone (bad, warn, info), what it is, what to do.

    `lines` is what to copy: the action that a policy lacks.
    """

    code: str
    tone: str
    title: str
    advice: str
    lines: str = ""


def of_refusal(error: Refused) -> Finding:
    """Return the finding that a refusal means."""
    found: Finding = {"code": error.kind.value}
    if error.kind is Kind.DENIED and error.action:
        return {"code": "missing", "api": error.api, "action": error.action}
    if error.api:
        found["api"] = error.api
    if error.code:
        found["cloud_code"] = error.code
    if error.kind is Kind.OTHER or not error.code:
        found["detail"] = error.message
    return found


def of_error(error: CloudError) -> Finding:
    """Return the finding that an error of the gateway means."""
    if isinstance(error, Busy):
        return {"code": "busy"}
    if isinstance(error, Unreachable):
        return {"code": "unreachable", "detail": error.reason}
    if not isinstance(error, Refused):
        raise TypeError(f"no finding for {error!r}")
    return of_refusal(error)


def of_account(account: Account) -> list[Words]:
    """Return what is worth saying of an account, the worst first: also regions that are away."""
    return in_order([*account.findings, *account.away], account.provider, account.site)


def in_order(found: Sequence[Finding], provider: str, site: str) -> list[Words]:
    """Return what is worth saying in words, the worst first; rights that are granted are not."""
    said = (words(one, provider, site) for one in found)
    return sorted((one for one in said if one is not None), key=lambda one: TONES.index(one.tone))


def words(finding: Mapping[str, Any], provider: str, site: str) -> Words | None:
    """Return a finding in words, in the active language; None for rights that are as they should.

    `provider` and `site` are those of the account.
    """
    code = str(finding.get("code", ""))
    if code in ("granted", "off", "unsure"):
        return None
    if code == "missing":
        return _missing(finding, provider)
    speak = _SAID.get(code)
    if speak is None:
        return _refused(finding)
    tone, title, advice = speak(_Facts(finding, provider, site))
    return Words(code, tone, title, advice)


@dataclass(frozen=True, slots=True)
class _Facts:
    finding: Mapping[str, Any]
    provider: str
    site: str

    @property
    def detail(self) -> str:
        return str(self.finding.get("detail") or "")

    @property
    def right_site(self) -> str:
        return site_title(self.provider, str(self.finding.get("site") or ""))

    @property
    def chosen_site(self) -> str:
        return site_title(self.provider, self.site)


def cloud_title(provider: str) -> str:
    """Return what a cloud is called."""
    return next((one.title for one in provider_choices() if one.slug == provider), provider)


def site_title(provider: str, site: str) -> str:
    """Return what a site of a cloud is called, in the active language; "" for none."""
    known = next((one.sites for one in provider_choices() if one.slug == provider), ())
    return dict(known).get(site, site)


def _missing(finding: Mapping[str, Any], provider: str) -> Words:
    action, api = str(finding.get("action", "")), str(finding.get("api", ""))
    is_bad = api in permissions.NEEDED
    why = permissions.why(provider, action) or action
    title = _("The keys may not: %(what)s") % {"what": why}
    advice = _("Add this action to the policy of the user whose keys these are, then check again.")
    lacking = {
        "config": _("Until then servers have to be entered by hand."),
        "iam": _("Until then ordinary servers (ECS) are not found."),
        "vpc": _("Until then there are no live figures, only the billed ones."),
        "ces": _("Until then there are no live figures, only the billed ones."),
    }
    advice = " ".join(filter(None, (advice, lacking.get(api, ""))))
    return Words("missing", BAD if is_bad else WARN, title, advice, action)


def _refused(finding: Mapping[str, Any]) -> Words:
    """Return any other refusal in the cloud's own words."""
    detail = str(finding.get("detail") or "")
    number = str(finding.get("cloud_code") or "")
    said = f"{detail} ({number})" if detail and number else detail or number
    title = _("The cloud refused a call")
    return Words(str(finding.get("code", "")), WARN, title, said or _("It gave no reason."))


_Said = Callable[[_Facts], tuple[str, str, str]]
_SAID: dict[str, _Said] = {
    Kind.CREDENTIAL: lambda _facts: (
        BAD,
        _("The cloud does not accept these keys"),
        _(
            "The access key does not exist or is disabled, or the secret key is another one’s. "
            "Copy both once more from the file that the cloud gave you, with no space before or "
            "after."
        ),
    ),
    Kind.WRONG_SITE: lambda facts: (
        BAD,
        _("The account was opened on the site “%(site)s”") % {"site": facts.right_site}
        if facts.right_site
        else _("The account was not opened on the site “%(site)s”") % {"site": facts.chosen_site},
        _(
            "Choose the site under “Edit”. It is where the account was opened, wherever its "
            "servers are."
        ),
    ),
    Kind.BLANK_KEYS: lambda _facts: (
        BAD,
        _("A key is missing"),
        _("Nothing was sent to the cloud. Enter both keys under “Edit”."),
    ),
    Kind.FROZEN: lambda _facts: (
        BAD,
        _("The account is frozen, or has no balance left"),
        _("Pay or top it up at the cloud. Until then it refuses to stop and start servers."),
    ),
    "other_account": lambda facts: (
        BAD,
        _("These keys belong to another account of the cloud"),
        _(
            "They belong to %(found)s, the servers here to %(known)s. Enter keys of %(known)s, "
            "and link %(found)s as an account of its own."
        )
        % {"found": facts.finding.get("found", ""), "known": facts.finding.get("known", "")},
    ),
    "linked_twice": lambda facts: (
        WARN,
        _("The same account is linked as “%(name)s” too") % {"name": facts.finding.get("name", "")},
        _("Its servers are shown, told of and guarded twice. Disconnect one of the two."),
    ),
    "unreadable": lambda _facts: (
        BAD,
        _("The stored keys cannot be read any more"),
        _("This server’s own encryption key was changed. Enter both keys again."),
    ),
    "disconnected": lambda _facts: (
        INFO,
        _("This account is disconnected"),
        _("Its keys were deleted here. Its servers are no longer watched; their history stays."),
    ),
    "busy": lambda _facts: (
        WARN,
        _("The cloud asks us to slow down"),
        _("The account is looked at again in a moment."),
    ),
    "unreachable": lambda facts: (
        WARN,
        _("The cloud could not be reached for the last look"),
        " ".join(
            (facts.detail, _("It is tried again by itself; what is shown is from before."))
        ).strip(),
    ),
    "region_away": lambda facts: (
        WARN,
        _("The region %(region)s does not answer") % {"region": facts.finding.get("region", "")},
        _("There is no live traffic of its servers. It is asked again by itself.")
        if facts.finding.get("part") == "counter"
        else _("It is not known whether its servers run, and none is stopped. It is asked again."),
    ),
    "untried": lambda facts: (
        WARN,
        _("Could not be tried: %(action)s") % {"action": facts.finding.get("action", "")},
        _("It is tried again at the next check."),
    ),
}
