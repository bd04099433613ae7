"""Where at a cloud people find what we ask them for."""

from __future__ import annotations

from typing import NamedTuple

from traffic_guard.services.accounts import permissions
from traffic_guard.services.accounts.permissions import Rights


class Guide(NamedTuple):
    """Pages of a cloud's console for one site, and the policy texts to copy there."""

    iam: str
    recorder: str
    watch: str
    guard: str


# site -> the console's host
HUAWEI = {
    "cn": "https://console.huaweicloud.com",
    "intl": "https://console-intl.huaweicloud.com",
    "eu": "https://console.eu.huaweicloud.com",
}


def guide(provider: str, site: str) -> Guide | None:
    """Return where to make keys; None for a cloud of which we know no console."""
    if provider != "huawei":
        return None
    host = HUAWEI.get(site, HUAWEI["intl"])
    return Guide(
        iam=f"{host}/iam/",
        recorder=f"{host}/rms/",
        watch=permissions.policy_json(Rights.MONITOR, provider),
        guard=permissions.policy_json(Rights.GUARD, provider),
    )
