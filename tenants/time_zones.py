"""Time zones to choose from: the likely ones first, then the world by region."""

import zoneinfo
from functools import cache

from django.utils.translation import gettext_lazy as _

LIKELY = [
    "Asia/Taipei",
    "Asia/Shanghai",
    "Asia/Hong_Kong",
    "Asia/Singapore",
    "Asia/Kuala_Lumpur",
    "Asia/Tokyo",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "UTC",
]
REGIONS = ["Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe"]
REGIONS += ["Indian", "Pacific"]


@cache
def by_region() -> dict[str, list[tuple[str, str]]]:
    """Return the zones of each region; reading them off the disk takes milliseconds."""
    zones: dict[str, list[tuple[str, str]]] = {region: [] for region in REGIONS}
    for name in sorted(zoneinfo.available_timezones()):
        region, _slash, place = name.partition("/")
        if place and region in zones:
            zones[region].append((name, place.replace("_", " ").replace("/", " – ")))
    return zones


def choices() -> list[tuple[object, object]]:
    """Return the choices of a form field, grouped."""
    likely = [(name, name.replace("_", " ")) for name in LIKELY]
    return [(_("Often used"), likely), *by_region().items()]
