"""Why a server is not stopped, as a clause, in the active language.

By the words that `Server.verdict` and `PlannedStop.settled_reason` hold, which are those of
services/guarding/verdicts.py; the log of decisions says more of each.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy

REASONS = {
    # --- what people and settings say
    "own_machine": gettext_lazy("this service itself runs on it"),
    "protected": gettext_lazy("the server is protected"),
    "protected_by": gettext_lazy("the server is protected now"),
    "tagged_off": gettext_lazy("a tag of the server forbids it"),
    "auto_off": gettext_lazy("automatic stops are off"),
    "watch_only": gettext_lazy("the keys of its account may only watch"),
    "suspended": gettext_lazy("the workspace is suspended"),
    "account_unusable": gettext_lazy("the cloud refuses its account"),
    "left": gettext_lazy("its account was disconnected"),
    "hidden": gettext_lazy("it was taken off the list"),
    "not_chosen": gettext_lazy("nobody chose it to be stopped for its shared package"),
    "halted": gettext_lazy("the stops of its cloud account are halted"),
    "locked": gettext_lazy("it is locked at the cloud"),
    "frozen": gettext_lazy("it is frozen by the cloud"),
    "threshold_too_high": gettext_lazy("its threshold is not below its whole package"),
    "paused_all": gettext_lazy("all automatic stops rest"),
    "paused": gettext_lazy("its automatic stops rest"),
    "paused_by": gettext_lazy("its automatic stops rest now"),
    "skipped": gettext_lazy("it is left alone in this cycle"),
    "skipped_by": gettext_lazy("it is left alone in this cycle"),
    "cancelled": gettext_lazy("the stop was called off, and none is planned for a day"),
    # --- what was tried in this cycle
    "restarted": gettext_lazy("somebody started it after the guard had stopped it"),
    "unverified_before": gettext_lazy("a stop in this cycle could not be confirmed"),
    "refused_before": gettext_lazy("the cloud refused a stop in this cycle"),
    "no_opening": gettext_lazy("stops are allowed again only after the reset"),
    # --- nothing to stop
    "kept_off": gettext_lazy("it is off already"),
    "already_off": gettext_lazy("it is off already"),
    "gone": gettext_lazy("the cloud does not know it any more"),
    # --- what was read since
    "above": gettext_lazy("more is left again than the threshold"),
    "live_only": gettext_lazy("the bill does not show yet that it is below"),
    "cycle_over": gettext_lazy("its cycle has ended"),
    "unknown": gettext_lazy("it is not known any more what is left"),
    "unconfirmed": gettext_lazy("a second reading has to confirm it"),
    "power_unknown": gettext_lazy("it is not known whether it runs"),
    "no_package": gettext_lazy("no traffic package is known for it"),
    "no_threshold": gettext_lazy("it has no threshold"),
    "dry_changed": gettext_lazy("the dry run was switched on or off"),
    "dry_done": gettext_lazy("the dry run has said so in this cycle"),
    "acting": gettext_lazy("a stop of it is under way"),
    "busy": gettext_lazy("another stop or start of it is under way"),
    "not_running": gettext_lazy("it is being started, rebooted or rebuilt"),
}
# of a server that is below its threshold these are why nothing happens, beside what rows say
LASTING = frozenset(
    {
        "own_machine",
        "tagged_off",
        "suspended",
        "account_unusable",
        "locked",
        "restarted",
        "unverified_before",
        "refused_before",
        "no_opening",
    }
)


def clause(code: str) -> str:
    """Return why, to stand after a colon; empty for a word that is not known."""
    return str(REASONS.get(code, ""))
