"""What holds where no level says anything."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from traffic_guard.models import Policy

# Percent, and no bytes: a share fits packages of every size.
DEFAULTS = MappingProxyType[str, Any](
    {
        "threshold_bytes": None,
        "threshold_percent": 5.0,
        "interval_minutes": 15,
        "alert_levels": (50, 80, 90, 95, 100),
        "auto_stop": False,
        "stop_mode": Policy.StopMode.SOFT.value,
        "hard_after_minutes": 5,
        "grace_minutes": 30,
        "schedule": MappingProxyType[str, Any]({}),
        "skip_dates": (),
        "dry_run": Policy.DryRun.FIRST_CYCLE.value,
        "resume_at_reset": True,
        "restop": False,
        "margin_percent": 5.0,
        # Billing is one to three hours late by itself; what is older than that says nothing.
        "max_age_minutes": 180,
    }
)
