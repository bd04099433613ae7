"""An account for people: how it stands, what it may do, how its search went."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from traffic_guard.models import Account
from traffic_guard.services.accounts import permissions

State = Account.State
TONES = {State.READY: "good", State.LIMITED: "warn", State.BROKEN: "bad", State.PENDING: "info"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How something stands: a tone (good, warn, bad, info or none), and words."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Grant:
    """Whether the cloud lets an account do something: `action` is the right as policies name it."""

    api: str
    action: str
    label: str
    tone: str
    text: str


def standing(account: Account) -> Standing:
    """Return how an account stands, in the active language."""
    if account.left_at is not None:
        return Standing("", _("disconnected"))
    if account.checked_at is None:
        return Standing("info", _("being checked"))
    if account.halted_for:
        return Standing("bad", _("automatic stops rest"))
    if account.refusals and account.is_usable:
        said = ngettext(
            "refused %(count)s time, tried again",
            "refused %(count)s times, tried again",
            account.refusals,
        )
        return Standing("warn", said % {"count": account.refusals})
    state = State(account.state)
    return Standing(TONES[state], str(state.label))


def grants(account: Account) -> list[Grant]:
    """Return what an account may do, right by right; empty while the cloud has not said."""
    codes = _grant_words()
    return [
        Grant(
            api=_service(str(one.get("api", ""))),
            action=str(one.get("action", "")),
            label=permissions.why(account.provider, str(one.get("action", ""))),
            tone=codes.get(one["code"], ("bad", ""))[0],
            text=codes.get(one["code"], ("bad", _("refused")))[1],
        )
        for one in account.findings
        if one.get("action")
    ]


def search(account: Account) -> Standing | None:
    """Return what is worth saying of the last search for servers; None: nothing."""
    said = _search_words().get(account.discovery_note)
    if account.discovery_note and said is None:
        return Standing("warn", _("The last search was refused by the cloud. It is tried again."))
    return said


def _grant_words() -> dict[str, tuple[str, str]]:
    return {
        "granted": ("good", _("allowed")),
        "missing": ("bad", _("missing")),
        "unsure": ("info", _("shows at the first time")),
        "untried": ("warn", _("could not be tried")),
        "off": ("", _("not asked for")),
    }


def _service(api: str) -> str:
    """Return what a service is called at the cloud."""
    return {
        "iam": "IAM",
        "config": "Config",
        "bss": "BSS",
        "ecs": "ECS",
        "vpc": "EIP",
        "ces": "Cloud Eye",
    }.get(api, api)


def _search_words() -> dict[str, Standing]:
    return {
        "empty": Standing(
            "warn",
            _(
                "The cloud lists no server. Is its resource recorder on? While it is off, the list "
                "stays empty. Enable it at the cloud under “Config”, “Resource Recorder”, then "
                "search again: it can take a day. Or enter your servers by hand now."
            ),
        ),
        "no_plans": Standing(
            "info",
            _(
                "No Flexus L server is listed. If you have some, enable the resource recorder at "
                "the cloud under “Config”, “Resource Recorder”, then search again; it can take a "
                "day. Or enter them by hand now."
            ),
        ),
        "fewer": Standing(
            "info",
            _("Some servers are no longer listed. They stay here, marked, until you hide them."),
        ),
        "partly": Standing(
            "warn",
            _("The cloud did not answer everything. What is known stays; it is searched again."),
        ),
        "unreachable": Standing(
            "warn", _("The cloud could not be reached for the last search. It is tried again.")
        ),
    }
