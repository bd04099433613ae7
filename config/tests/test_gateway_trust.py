"""Whom the products' gateways trust over TLS, and that nobody else gets as far as a request."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from bots.gateways import trust
from bots.tests.certificates import certificate
from ovh_sniper.gateways import errors as ovh_errors
from ovh_sniper.gateways import ovh, public
from traffic_guard.gateways import errors as cloud_errors
from traffic_guard.gateways import huawei, tidewater
from traffic_guard.gateways.accounts import Keys, Place

HOST = ovh.Host.EU
OVH_KEYS = ovh.ApplicationKeys(HOST, "app-key", "app-secret", "consumer-key")
KEYS = Keys("huawei", "intl", "ACCESSKEY", "SECRETKEY")
PLACE = Place("eu-west-101", "project")
Unreachable: tuple[type[Any], ...] = (ovh_errors.Unreachable, cloud_errors.Unreachable)
SETTINGS = ["OVH_API_URL", "TIDEWATER_API_URL", "HUAWEI_IAM_URL", "HUAWEI_ECS_URL"]

# where a gateway can change something, it does: a refused certificate must leave no doubt
ON_REQUESTS: dict[str, Callable[[], object]] = {
    "OVH's accounts": lambda: ovh.connect(OVH_KEYS).create_cart("FR", "", datetime.now(UTC)),
    "Huawei's accounts": lambda: huawei.connect(KEYS).projects(),
    "Huawei's servers": lambda: huawei.connect(KEYS).stop(PLACE, ["server"]),
    "Tidewater": lambda: tidewater.connect(KEYS).stop(PLACE, ["server"]),
}
CALLS = {"OVH's stock": lambda: public.LiveShelf(HOST).vps("FR", "vps-1"), **ON_REQUESTS}
# enough for each of the calls but the one that wants a list
ANSWER = {"cartId": "c", "projects": [], "job_id": "j", "operation": "o"}


class Service(HTTPServer):
    """A service over TLS that counts requests."""

    asked = 0


class Handler(BaseHTTPRequestHandler):
    server: Service

    def answer(self) -> None:
        self.server.asked += 1
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps([] if "/vps/" in self.path else ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def serve(settings: Any) -> Callable[[Path], Any]:
    """Run a service under a certificate, where the gateways look for theirs."""

    @contextmanager
    def serving(pem: Path) -> Iterator[Service]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        with Service(("127.0.0.1", 0), Handler) as service:
            service.socket = context.wrap_socket(service.socket, server_side=True)
            for name in SETTINGS:
                setattr(settings, name, f"https://localhost:{service.server_port}")
            thread = threading.Thread(target=service.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield service
            finally:
                service.shutdown()
                thread.join()

    return serving


@pytest.fixture
def believe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Name the authorities as the environment of a new process does."""

    def named(**variables: Path) -> None:
        for name, file in variables.items():
            monkeypatch.setenv(name, str(file))
        monkeypatch.setattr(public, "_made", {})
        trust.context.cache_clear()

    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    yield named
    trust.context.cache_clear()


@pytest.mark.parametrize("name", CALLS)
def test_who_is_trusted_is_asked_and_nobody_else(
    name: str, tmp_path: Path, serve: Callable[[Path], Any], believe: Callable[..., None]
) -> None:
    right, other = certificate(tmp_path, "localhost"), certificate(tmp_path, "localhost")
    elsewhere = certificate(tmp_path, "other.example")
    nameless = certificate(tmp_path, "localhost", only_in_subject=True)
    for served, trusted in [(other, right), (elsewhere, elsewhere), (nameless, nameless)]:
        believe(SSL_CERT_FILE=trusted)
        with serve(served) as service:
            with pytest.raises(Unreachable) as caught:
                CALLS[name]()
            assert not caught.value.unclear
            assert service.asked == 0
    believe(SSL_CERT_FILE=right)
    with serve(right) as service:
        CALLS[name]()
        assert service.asked == 1


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_variables_of_requests_go_first_where_it_is_used(
    variable: str, tmp_path: Path, serve: Callable[[Path], Any], believe: Callable[..., None]
) -> None:
    right, other = certificate(tmp_path, "localhost"), certificate(tmp_path, "localhost")
    believe(SSL_CERT_FILE=other, **{variable: right})
    with serve(right) as service:
        for call in ON_REQUESTS.values():
            call()
        assert service.asked == len(ON_REQUESTS)
        with pytest.raises(Unreachable):
            CALLS["OVH's stock"]()


def test_authorities_are_read_once_for_all_connections(
    tmp_path: Path,
    serve: Callable[[Path], Any],
    believe: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = certificate(tmp_path, "localhost")
    believe(SSL_CERT_FILE=right)
    read: list[Any] = []
    load = ssl.SSLContext.load_verify_locations

    def counted(context: ssl.SSLContext, *args: Any, **how: Any) -> None:
        read.append((args, how))
        load(context, *args, **how)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counted)
    with serve(right) as service:
        for call in [*CALLS.values(), *CALLS.values()]:
            call()
        assert service.asked == 2 * len(CALLS)
    assert len(read) == 1
