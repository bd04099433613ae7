"""The clouds that can be guarded: a new one is its gateway file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from traffic_guard.gateways.cloud import CloudProvider, Keys, Kind, Refused, Throttle


class Choice(NamedTuple):
    """A cloud as a form offers it; `sites` are (code, title)."""

    slug: str
    title: str
    sites: tuple[tuple[str, str], ...]


class _Cloud(NamedTuple):
    module: str  # has connect(keys, throttle); imported when the first account is used
    title: Callable[[], str]
    sites: Callable[[], tuple[tuple[str, str], ...]]
    is_offered: Callable[[], bool] = lambda: True


def _huawei_sites() -> tuple[tuple[str, str], ...]:
    return (("cn", _("Mainland China")), ("intl", _("International")), ("eu", _("Europe")))


_HERE = "traffic_guard.gateways"
CLOUDS = {
    "huawei": _Cloud(f"{_HERE}.huawei", lambda: _("Huawei Cloud"), _huawei_sites),
    "tidewater": _Cloud(
        f"{_HERE}.tidewater",
        lambda: "Tidewater Cloud",
        lambda: (("main", _("Main site")),),
        lambda: bool(settings.TIDEWATER_API_URL),
    ),
}


def provider_choices() -> list[Choice]:
    """Return the clouds that a tenant can choose here."""
    return [
        Choice(slug, cloud.title(), cloud.sites())
        for slug, cloud in CLOUDS.items()
        if cloud.is_offered()
    ]


def connect(keys: Keys, *, throttle: Throttle | None = None) -> CloudProvider:
    """Return an account; calls nobody yet.

    Only these keys are used: neither the environment nor the host's own role fills a gap.

    Raises:
        Refused: a key is blank or cannot be one, or the cloud or its site is not one of ours.
    """
    if keys.is_blank:
        raise Refused("", _("The access key or its secret is missing."), kind=Kind.BLANK_KEYS)
    if not keys.can_be_sent:
        raise Refused("", _("These are no keys: they hold odd characters."), kind=Kind.CREDENTIAL)
    cloud = CLOUDS.get(keys.provider)
    if cloud is None or not cloud.is_offered():
        raise Refused("", _("This cloud is not available here."), kind=Kind.OTHER)
    if keys.site not in dict(cloud.sites()):
        raise Refused("", _("This cloud has no such site."), kind=Kind.WRONG_SITE)
    provider: CloudProvider = import_module(cloud.module).connect(keys, throttle)
    return provider
