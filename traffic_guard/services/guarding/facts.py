"""What a decision keeps: the readings it used, the threshold, the policy with its sources."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from traffic_guard.models import Server
from traffic_guard.services.guarding.judging import Case, Judgement
from traffic_guard.services.policies.resolving import Effective
from traffic_guard.services.readings.sums import Standing

Facts = dict[str, Any]


def of_case(
    server: Server, case: Case, judgement: Judgement, standing: Standing, effective: Effective
) -> Facts:
    """Return all that a judgement rests on, as JSON can hold it."""
    return {
        "remaining": standing.remaining,
        "total": standing.total,
        "live": standing.live_remaining,
        "read_at": _at(standing.read_at),
        "resets_at": _at(standing.cycle_end),
        "trouble": str(standing.trouble),
        "threshold": case.threshold,
        "threshold_from": effective.threshold_percent.source,
        "basis": judgement.basis,
        "readings": [
            {"at": _at(one.at), "remaining": one.remaining, "total": one.total}
            for one in case.samples[:2]
        ],
        "power": server.power,
        "power_at": _at(server.power_at),
        "packages": [
            {
                "id": one.cloud_id,
                "name": one.name,
                "remaining": one.remaining_bytes,
                "raw": one.raw_amount,
                "unit": one.unit_id,
                "read_at": _at(one.read_at),
                "trouble": one.trouble,
            }
            for one in standing.packages
        ],
        "policy": effective.facts(),
    }


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
