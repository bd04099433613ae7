"""A decision in one sentence: why a server was, or was not, stopped; in the active language."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from traffic_guard.models import Decision, PowerAction
from traffic_guard.services.guarding import event_words, verdict_words
from traffic_guard.services.guarding.verdicts import Event, Verdict
from traffic_guard.services.policies import setting_words
from traffic_guard.services.policies.setting_words import Said
from traffic_guard.services.readings import words
from traffic_guard.services.telling import outlook

BASES = {
    "two_readings": verdict_words.TWO_READINGS,
    "live": verdict_words.LIVE,
    "exhausted": verdict_words.EXHAUSTED,
}
Line = tuple[str, str]  # label, value


def sentence(decision: Decision, zone: ZoneInfo) -> str:
    """Return what was decided, or what happened, and why."""
    given = _given(decision, zone)
    if decision.code in set(Verdict):
        said = str(verdict_words.WORDS[Verdict(decision.code)]) % given
        return said if decision.times < 2 else f"{said} {_times(decision, zone)}"
    if decision.code in set(Event):
        return event_words.sentence(decision, given)
    return decision.code


def evidence(decision: Decision, zone: ZoneInfo) -> list[Line]:
    """Return what a decision rests on: the readings, the threshold and who set it, the state."""
    facts = decision.facts
    lines: list[Line] = []
    if "remaining" in facts:
        lines += _figures(facts, zone)
    for one in facts.get("readings", ()):
        said = _("%(left)s of %(total)s") % {
            "left": words.volume(one["remaining"]),
            "total": words.volume(one["total"]),
        }
        lines.append((_("Read at %(at)s") % {"at": _moment(one["at"], zone)}, said))
    if basis := BASES.get(facts.get("basis", "")):
        lines.append((_("Confirmed by"), str(basis)))
    lines += [(_package(one), _raw(one)) for one in facts.get("packages", ())]
    lines += _of_the_cloud(facts)
    return lines


def policy(decision: Decision) -> list[Said]:
    """Return the settings that held then, and which level said so, as the policy page says them."""
    found: dict[str, Any] = decision.facts.get("policy", {})
    if not found:
        return []
    (size, source), (share, _same) = found["threshold_bytes"], found["threshold_percent"]
    lines = [_said("threshold", setting_words.threshold(size, share), source)]
    for name in setting_words.LABELS:
        if name in found:
            value, source = found[name]
            lines.append(_said(name, setting_words.value(name, value), source))
    return lines


def _said(name: str, value: str, source: str) -> Said:
    return Said(name, str(setting_words.LABELS[name]), value, source)


def _figures(facts: dict[str, Any], zone: ZoneInfo) -> list[Line]:
    lines = [
        (_("Left, as billed"), words.volume(facts["remaining"])),
        (_("Left, live"), words.volume(facts.get("live"))),
        (
            _("Threshold"),
            _("%(size)s (%(source)s)")
            % {
                "size": words.volume(facts.get("threshold")),
                "source": outlook.source(facts.get("threshold_from", "default")),
            },
        ),
    ]
    if facts.get("resets_at"):
        lines.append((_("Reset"), _moment(facts["resets_at"], zone)))
    if facts.get("power"):
        lines.append((_("Power"), event_words.power(facts["power"])))
    return lines


def _of_the_cloud(facts: dict[str, Any]) -> list[Line]:
    lines = []
    if facts.get("job"):
        lines.append((_("Job"), f"{facts['job']} {facts.get('job_state', '')}".strip()))
    if facts.get("error"):
        lines.append((_("The cloud said"), str(facts["error"])))
    if facts.get("attempts"):
        lines.append((_("Asked"), _count(facts["attempts"])))
    return lines


def _count(number: int) -> str:
    return ngettext("%(n)s time", "%(n)s times", number) % {"n": number}


def _package(one: dict[str, Any]) -> str:
    return str(one.get("name") or one.get("id"))


def _raw(one: dict[str, Any]) -> str:
    """Return what the cloud said of a package, word for word."""
    if one.get("trouble"):
        return verdict_words.trouble(one["trouble"])
    return _("%(left)s (the cloud said %(raw)s in unit %(unit)s)") % {
        "left": words.volume(one.get("remaining")),
        "raw": one.get("raw", ""),
        "unit": one.get("unit", ""),
    }


def _given(decision: Decision, zone: ZoneInfo) -> dict[str, Any]:
    """Return all that a sentence may name; what is not known is a dash."""
    facts = decision.facts
    return {
        "name": decision.server.name,
        "left": words.volume(facts.get("remaining")),
        "live": words.volume(facts.get("live")),
        "threshold": words.volume(facts.get("threshold")),
        "trouble": verdict_words.trouble(str(facts.get("trouble", ""))),
        "basis": str(BASES.get(facts.get("basis", ""), "")),
        "auto_from": _source(facts, "auto_stop"),
        "by": decision.actor or _("somebody"),
        "at": _moment(facts.get("execute_at"), zone),
        "until": _moment(facts.get("until"), zone),
        "reset": _moment(facts.get("resets_at"), zone),
        "why": verdict_words.clause(str(facts.get("reason", ""))),
        "kind": event_words.deed(str(facts.get("kind", PowerAction.Kind.STOP))),
    }


def _source(facts: dict[str, Any], name: str) -> str:
    held = facts.get("policy", {}).get(name)
    return outlook.source(held[1]) if held else ""


def _times(decision: Decision, zone: ZoneInfo) -> str:
    said = ngettext(
        "(Looked at %(n)s time since %(since)s)",
        "(Looked at %(n)s times since %(since)s)",
        decision.times,
    )
    return said % {"n": decision.times, "since": words.moment(decision.at, zone)}


def _moment(at: Any, zone: ZoneInfo) -> str:
    return words.moment(datetime.fromisoformat(at), zone) if at else words.UNKNOWN
