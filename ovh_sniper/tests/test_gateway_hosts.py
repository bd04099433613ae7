"""OVH's addresses, its datacenters and its words for stock."""

from __future__ import annotations

from typing import Any

import pytest

from ovh_sniper.gateways import hosts
from ovh_sniper.gateways.hosts import Host


def test_the_real_addresses(settings: Any) -> None:
    settings.OVH_API_URL = ""
    assert [hosts.api_url(host) for host in Host] == [
        "https://eu.api.ovh.com/1.0",
        "https://ca.api.ovh.com/1.0",
        "https://api.us.ovhcloud.com/1.0",
    ]
    assert [hosts.token_url(host) for host in Host] == [
        "https://www.ovh.com/auth/oauth2/token",
        "https://ca.ovh.com/auth/oauth2/token",
        "https://us.ovhcloud.com/auth/oauth2/token",
    ]
    assert hosts.create_app_page(Host.US) == "https://api.us.ovhcloud.com/createApp/"
    rules = [("GET", "/me"), ("POST", "/order/cart/*")]
    assert hosts.create_token_page(Host.EU, rules) == (
        "https://eu.api.ovh.com/createToken/?GET=/me&POST=/order/cart/*"
    )


@pytest.mark.parametrize(
    ("setting", "base", "token"),
    [
        (
            "http://127.0.0.1:9/ovh/{host}/1.0",
            "http://127.0.0.1:9/ovh/ca/1.0",
            "http://127.0.0.1:9/ovh/ca/auth/oauth2/token",
        ),
        (
            "http://127.0.0.1:9/ovh/{host}",
            "http://127.0.0.1:9/ovh/ca/1.0",
            "http://127.0.0.1:9/ovh/ca/auth/oauth2/token",
        ),
        ("http://ovh.test/v1", "http://ovh.test/v1", "http://ovh.test/auth/oauth2/token"),
        ("http://ovh.test/", "http://ovh.test/1.0", "http://ovh.test/auth/oauth2/token"),
    ],
)
def test_a_stand_in_takes_their_place(settings: Any, setting: str, base: str, token: str) -> None:
    settings.OVH_API_URL = setting
    assert hosts.api_url(Host.CA) == base
    assert hosts.token_url(Host.CA) == token


def test_no_subsidiary_belongs_to_two_hosts() -> None:
    everything = [name for host in Host for name in hosts.SUBSIDIARIES[host]]
    assert len(everything) == len(set(everything))
    assert {"FR", "QC", "US"} <= set(everything)
    assert "EU" not in everything


@pytest.mark.parametrize(
    ("availability", "hours"),
    [
        ("1H-low", 1),
        ("1H-high", 1),
        ("24H", 24),
        ("72H", 72),
        ("2160H", 2160),
        ("unavailable", None),
        ("comingSoon", None),
        ("unknown", None),
        ("", None),
        ("1H-low ", None),
        ("72H-medium", None),
        ("soldOut", None),
    ],
)
def test_what_can_be_ordered(availability: str, hours: int | None) -> None:
    assert hosts.delivery_hours(availability) == hours
    assert hosts.is_orderable(availability) is (hours is not None)


@pytest.mark.parametrize(
    ("code", "place", "flag"),
    [
        ("gra", "Gravelines", "🇫🇷"),
        ("bhs", "Beauharnois", "🇨🇦"),
        ("ynm", "Mumbai", "🇮🇳"),
        ("vin", "Vint Hill", "🇺🇸"),
        ("eu-west-par-a", "Paris", "🇫🇷"),
        ("eu-south-mil-c", "Milan", "🇮🇹"),
        ("ca-east-tor-a", "Toronto", "🇨🇦"),
        ("xyz", "xyz", ""),
        ("eu-north-sto-a", "eu-north-sto-a", ""),
    ],
)
def test_datacenters_have_a_place_and_a_flag(code: str, place: str, flag: str) -> None:
    found = hosts.datacenter(code)
    assert (found.code, found.place, found.flag) == (code, place, flag)


def test_what_a_person_types_becomes_a_code() -> None:
    assert hosts.datacenter_code(" GRA ") == "gra"
    assert hosts.datacenter_code("Mum") == "ynm"
    assert hosts.datacenter_code("new-east-zzz-a") == "new-east-zzz-a"


@pytest.mark.parametrize("entered", ["", "g", "gra;rbx", "格拉沃", "x" * 25])
def test_what_looks_like_no_code_is_refused(entered: str) -> None:
    with pytest.raises(ValueError, match="datacenter"):
        hosts.datacenter_code(entered)
