"""OVH's three separate APIs: their addresses, who may buy there, and their datacenters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext, gettext_noop


class Host(StrEnum):
    """Where an account lives; an account belongs to exactly one."""

    EU = "eu"
    CA = "ca"
    US = "us"


# --- Addresses

API = {
    Host.EU: "https://eu.api.ovh.com/1.0",
    Host.CA: "https://ca.api.ovh.com/1.0",
    Host.US: "https://api.us.ovhcloud.com/1.0",
}
TOKENS = {
    Host.EU: "https://www.ovh.com/auth/oauth2/token",
    Host.CA: "https://ca.ovh.com/auth/oauth2/token",
    Host.US: "https://us.ovhcloud.com/auth/oauth2/token",
}
# Measured with ovh/ovhcloud-cli. EU's enum also names `EU`, which answers 400.
SUBSIDIARIES = {
    Host.EU: frozenset(
        {"CZ", "DE", "ES", "FI", "FR", "GB", "IE", "IT", "LT", "MA", "NL", "PL", "PT", "SN", "TN"}
    ),
    Host.CA: frozenset({"ASIA", "AU", "CA", "IN", "QC", "SG", "WE", "WS"}),
    Host.US: frozenset({"US"}),
}
# A few times come without an offset; they agree with the order's own date, so they are the
# host's local time. Not documented.
ZONES = {
    Host.EU: ZoneInfo("Europe/Paris"),
    Host.CA: ZoneInfo("America/Toronto"),
    Host.US: ZoneInfo("America/New_York"),
}
VERSION = re.compile(r"/(?:1\.0|v1)$")


def api_url(host: Host) -> str:
    """Return the base of the API, ending in a version; a stand-in's where OVH_API_URL names one."""
    stand_in = settings.OVH_API_URL.replace("{host}", host.value).rstrip("/")
    if not stand_in:
        return API[host]
    return stand_in if VERSION.search(stand_in) else f"{stand_in}/1.0"


def token_url(host: Host) -> str:
    """Return where a service account gets its OAuth2 token."""
    return f"{_site(host)}/auth/oauth2/token" if settings.OVH_API_URL else TOKENS[host]


def create_app_page(host: Host) -> str:
    """Return the page on which a person makes an application key and secret."""
    return f"{_site(host)}/createApp/"


def create_token_page(host: Host, rules: list[tuple[str, str]]) -> str:
    """Return the page that makes all three keys, with (method, path) rules already filled in."""
    query = "&".join(f"{method}={quote(path, safe='/*')}" for method, path in rules)
    return f"{_site(host)}/createToken/?{query}"


def _site(host: Host) -> str:
    return VERSION.sub("", api_url(host))


# --- Datacenters

PLACES = {
    "gra": (gettext_noop("Gravelines"), "FR"),
    "rbx": (gettext_noop("Roubaix"), "FR"),
    "rbx-hz": (gettext_noop("Roubaix"), "FR"),
    "sbg": (gettext_noop("Strasbourg"), "FR"),
    "par": (gettext_noop("Paris"), "FR"),
    "fra": (gettext_noop("Frankfurt"), "DE"),
    "lim": (gettext_noop("Frankfurt"), "DE"),  # Limburg
    "lon": (gettext_noop("London"), "GB"),
    "eri": (gettext_noop("London"), "GB"),  # Erith
    "waw": (gettext_noop("Warsaw"), "PL"),
    "mil": (gettext_noop("Milan"), "IT"),
    "sgp": (gettext_noop("Singapore"), "SG"),
    "syd": (gettext_noop("Sydney"), "AU"),
    "ynm": (gettext_noop("Mumbai"), "IN"),
    "mum": (gettext_noop("Mumbai"), "IN"),
    "bhs": (gettext_noop("Beauharnois"), "CA"),
    "yyz": (gettext_noop("Toronto"), "CA"),
    "tor": (gettext_noop("Toronto"), "CA"),
    "vin": (gettext_noop("Vint Hill"), "US"),
    "hil": (gettext_noop("Hillsboro"), "US"),
}
# `eu-west-par-a`: the newer codes, with a zone's letter at the end
NEW_STYLE = re.compile(r"[a-z]{2}-[a-z]+-([a-z]{3})(?:-[a-z])?")
CODE = re.compile(r"[a-z0-9-]{2,24}")


@dataclass(frozen=True, slots=True)
class Datacenter:
    """A place where servers stand; an unknown one has its code for a name and no country."""

    code: str
    place: str
    country: str = ""

    @property
    def flag(self) -> str:
        """The country's flag, empty for an unknown country."""
        return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in self.country)


def datacenter(code: str) -> Datacenter:
    """Return a datacenter by the code in OVH's stock list, its place in the current language."""
    newer = NEW_STYLE.fullmatch(code)
    found = PLACES.get(newer[1] if newer else code)
    return Datacenter(code, gettext(found[0]), found[1]) if found else Datacenter(code, code)


def datacenter_code(entered: str) -> str:
    """Return the code that OVH's stock list uses for what a person typed.

    Raises:
        ValueError: it does not even look like a code.
    """
    code = entered.strip().lower()
    if not CODE.fullmatch(code):
        raise ValueError("not the form of a datacenter code")
    return "ynm" if code == "mum" else code


# --- Availability

DELIVERY = re.compile(r"(\d+)H(?:-(?:low|high))?")


def is_orderable(availability: str) -> bool:
    """Tell whether a word of the stock list means that one can order, however slow.

    `comingSoon`, `unavailable`, `unknown` and any word that OVH may add do not.
    """
    return DELIVERY.fullmatch(availability) is not None


def delivery_hours(availability: str) -> int | None:
    """Return the hours until delivery, None for what cannot be ordered."""
    found = DELIVERY.fullmatch(availability)
    return int(found[1]) if found else None
