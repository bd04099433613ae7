"""A host's public data over HTTP: no keys, compressed, on kept connections."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import httpx
import orjson
from django.utils.translation import gettext as _

from bots.gateways import trust
from ovh_sniper.gateways import catalogue_parsing, stock
from ovh_sniper.gateways.bulk import uncollected
from ovh_sniper.gateways.catalogue import Catalogue
from ovh_sniper.gateways.errors import Call, OvhError, Unreachable, from_answer, unusable
from ovh_sniper.gateways.hosts import Host, api_url
from ovh_sniper.gateways.parsing import MALFORMED
from ovh_sniper.gateways.stock import Stock, VpsStock

T = TypeVar("T")
LIMITS = httpx.Timeout(20.0, connect=5.0)
GET_STOCK = Call("GET", "/dedicated/server/datacenter/availabilities")
GET_CATALOGUE = Call("GET", "/order/catalog/public/eco")
GET_VPS = Call("GET", "/vps/order/rule/datacenter")
# OVH's 404 for a filter that matches nothing
NO_ROWS = b"No availabilities found"


class LiveShelf:
    """A host's public data; safe to use from any thread, free to make."""

    __slots__ = ("_host",)

    def __init__(self, host: Host) -> None:
        self._host = host

    def availabilities(self, plan_code: str = "", *, etag: str = "", digest: str = "") -> Stock:
        query = {"planCode": plan_code} if plan_code else {}
        response = self._get(GET_STOCK, query, {"If-None-Match": etag} if etag else {})
        if response.status_code == 304:
            return Stock((), etag, digest, is_unchanged=True)
        is_empty = response.status_code == 404 and NO_ROWS in response.content
        if not is_empty:
            _check(response, GET_STOCK)
        # OVH promises no ETag: whether anything changed is for the bytes to say
        found = hashlib.blake2b(response.content, digest_size=16).hexdigest()
        new_etag = response.headers.get("ETag", "")
        if found == digest:
            return Stock((), new_etag, digest, is_unchanged=True)
        rows = () if is_empty else _parsed(response, GET_STOCK, stock.parse_rows)
        return Stock(rows, new_etag, found)

    def catalogue(self, subsidiary: str) -> Catalogue:
        return self._parsed(
            GET_CATALOGUE, {"ovhSubsidiary": subsidiary}, catalogue_parsing.catalogue
        )

    def vps(self, subsidiary: str, plan_code: str) -> tuple[VpsStock, ...]:
        query = {"ovhSubsidiary": subsidiary, "planCode": plan_code}
        return self._parsed(GET_VPS, query, stock.parse_vps)

    def _parsed(self, call: Call, query: Mapping[str, str], parse: Callable[[Any], T]) -> T:
        response = self._get(call, query, {})
        _check(response, call)
        return _parsed(response, call, parse)

    def _get(
        self, call: Call, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> httpx.Response:
        with _in_our_words():
            return _client().get(api_url(self._host) + call.route, params=query, headers=headers)


def _check(response: httpx.Response, call: Call) -> None:
    if response.status_code != 200:
        raise from_answer(response.status_code, response.headers, response.content, call)


def _parsed(response: httpx.Response, call: Call, parse: Callable[[Any], T]) -> T:
    try:
        with uncollected():
            return parse(orjson.loads(response.content))
    except MALFORMED:
        raise unusable(response.status_code, call) from None


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException:
        raise _away(_("OVH did not answer in time.")) from None
    except httpx.HTTPError:
        raise _away(_("The connection to OVH could not be made, or broke off.")) from None


def _away(reason: str) -> OvhError:
    return Unreachable(reason, unclear=False)


_made: dict[int, httpx.Client] = {}
_lock = threading.Lock()


def _client() -> httpx.Client:
    """Return the process's client; after a fork a new one, for its connections are the parent's."""
    with _lock:
        client = _made.get(os.getpid())
        if client is None:
            client = _made[os.getpid()] = httpx.Client(verify=trust.context(), timeout=LIMITS)
            atexit.register(client.close)
        return client
