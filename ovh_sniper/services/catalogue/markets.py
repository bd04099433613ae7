"""Where one buys: OVH's hosts and their subsidiaries, by name."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError
from django.utils import translation
from django.utils.translation import gettext as _

from ovh_sniper.gateways.hosts import SUBSIDIARIES, Host
from ovh_sniper.models.accounts import HOSTS

# where most of a host's customers without an account of their own would look
FIRST = {Host.EU: "FR", Host.CA: "ASIA", Host.US: "US"}


def host_name(host: str) -> str:
    """Return "OVH Europe"; what it is called where it is none of ours."""
    return dict(HOSTS).get(host, host)


def subsidiary_name(code: str) -> str:
    """Return the country of a subsidiary in the active language, with its code: "France (FR)"."""
    named = {
        "QC": _("Québec"),
        "ASIA": _("Asia"),
        "WE": _("world, English"),
        "WS": _("world, Spanish"),
    }
    name = named.get(code) or _country(code)
    return f"{name} ({code})" if name else code


def _country(code: str) -> str:
    try:
        locale = Locale.parse(translation.to_locale(translation.get_language() or "en"))
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return str(locale.territories.get(code, ""))


def subsidiaries(host: str) -> list[tuple[str, str]]:
    """Return (code, name) of a host's subsidiaries, the likeliest first."""
    known = Host(host)
    others = sorted(SUBSIDIARIES[known] - {FIRST[known]})
    return [(code, subsidiary_name(code)) for code in [FIRST[known], *others]]
