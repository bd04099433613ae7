"""What tenants' addresses may lead to: the public internet, and nothing of ours."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from bots.gateways import public_http
from bots.gateways.addresses import is_public
from bots.gateways.errors import Refused, Unreachable

PUBLIC = "93.184.215.14"


INNER = [
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.8.9.10",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2606:4700::5efe:7f00:1",
    "nonsense",
    "",
]
OUTSIDE = [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


EVIL = [
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "//example.com/",
    "example.com",
    "",
    "https://",
    "https:///path",
    "https://user@example.com/",
    "https://user:word@example.com/",
    "https://example.com:80/",
    "https://example.com:22/",
    "https://example.com:6379/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://①②⑦.⓪.⓪.①/",
    "https://exa mple.com/",
    "https://example.com:99999/",
    "https://example.com/" + "x" * 3000,
]


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_host_on_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", EVIL)
def test_an_evil_address_is_refused_without_asking_anybody(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host} was looked up")

    monkeypatch.setattr(public_http, "resolve", resolve)
    with pytest.raises(Refused) as refused:
        public_http.post(url, b"{}", {})
    assert refused.value.description


@pytest.mark.parametrize("url", ["https://example.com", "https://example.com:8443/a?b=c"])
def test_an_ordinary_address_passes(url: str) -> None:
    assert public_http.check(url).host == "example.com"


@pytest.mark.parametrize("host", ["localhost", "0x7f000001", "0177.0.0.1"])
def test_a_name_for_this_machine_is_refused_after_the_look_up(host: str) -> None:
    with pytest.raises(Refused):
        public_http.post(f"https://{host}/", b"{}", {})


@pytest.mark.parametrize("answer", [["10.0.0.1"], [PUBLIC, "10.0.0.1"], ["::ffff:127.0.0.1"]])
def test_a_public_name_for_an_inner_address_is_refused(
    answer: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_http, "resolve", lambda host, port: answer)
    with pytest.raises(Refused, match="public internet"):
        public_http.post("https://innocent.example/", b"{}", {})


def test_an_unknown_name_is_unreachable_and_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(public_http, "resolve", resolve)
    with pytest.raises(Unreachable) as error:
        public_http.post("https://nobody.example/", b"{}", {})
    assert not error.value.unclear


# --- The exception: the demo's own stand-ins


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8002/feishu/x",
        "http://localhost:8001/",
        "https://127.0.0.1:8001/",
        "http://u:p@127.0.0.1:8001/",
    ],
)
def test_no_other_local_address_than_the_emulators_passes(url: str, settings: Any) -> None:
    settings.EMULATORS = True
    settings.FEISHU_API_URL = "http://127.0.0.1:8001/feishu"
    with pytest.raises(Refused):
        public_http.check(url)


@pytest.mark.parametrize("name", ["EMULATORS", "LOOPBACK_ONLY"])
def test_the_emulator_passes_where_emulators_are_on_and_nobody_else_reaches_us(
    settings: Any, name: str
) -> None:
    settings.FEISHU_API_URL = "http://127.0.0.1:8001/feishu"
    settings.EMULATORS = True
    assert public_http.check("http://127.0.0.1:8001/feishu/x").port == 8001
    setattr(settings, name, False)
    with pytest.raises(Refused):
        public_http.check("http://127.0.0.1:8001/feishu/x")
