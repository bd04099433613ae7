"""Accounts at the emulated clouds, as the gateway opens them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulators.huawei.world import DEMO, HONG_KONG, PROJECTS, DemoKeys
from traffic_guard.gateways.cloud import CloudProvider, Keys, Place, Throttle
from traffic_guard.gateways.registry import connect

if TYPE_CHECKING:
    from emulators.huawei import HuaweiEmulator

HERE = Place(HONG_KONG, PROJECTS[DEMO["intl"].domain_id][HONG_KONG])


def keys_of(demo: DemoKeys, **changes: str) -> Keys:
    """Return the keys as a tenant would have typed them in."""
    values = {
        "provider": "huawei",
        "site": demo.site,
        "access_key": demo.access_key,
        "secret_key": demo.secret_key,
    }
    return Keys(**{**values, **changes})


def account_of(demo: DemoKeys, throttle: Throttle | None = None) -> CloudProvider:
    """Open an account."""
    return connect(keys_of(demo), throttle=throttle)


def place_of(huawei: HuaweiEmulator, name: str) -> Place:
    """Return where a server is."""
    server = huawei.server(name)
    return Place(server.region, server.project_id)
