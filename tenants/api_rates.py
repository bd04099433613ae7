"""How often programs may call the REST API, kept across all processes in Redis.

A key has so many calls a minute; they may come at once and grow back evenly. Who shows no working
key is counted by address, and an address with too many such calls is refused before its key is
looked up, so nobody can try keys fast. A key that worked within the hour is known by its own cell:
it is not held up by others behind its address. That is one round trip for a known key.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from tenants import redis_scripts
from tenants.ids import digest

if TYPE_CHECKING:
    from django.http import HttpRequest

log = logging.getLogger(__name__)

# milliseconds for which a key is known after its last call
KNOWN = 3600_000
# what a limit of 0 stands for
UNLIMITED = 10**9
# seconds for which a Redis that did not answer is not asked again: calls are not limited then
REST = 5.0

# A cell holds the time at which all calls have grown back (GCRA). KEYS: the key's cell, the
# address's. ARGV: calls a minute of a key, of an address; what to do; how long to know the key.
# Answers whose cell counts (1: the key's), whether to go on, calls left, ms until all are back,
# ms until the next one is.
SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local function count(cell, most, keep, take)
  local interval = 60000 / most
  local full_at = math.max(tonumber(redis.call('GET', cell) or '0'), now)
  full_at = math.min(full_at, now + 60000) -- its clock may have been set back
  local wait = full_at + interval - now - 60000
  if wait > 0 then return {0, 0, math.ceil(full_at - now), math.ceil(wait)} end
  if take then
    full_at = full_at + interval
    redis.call('SET', cell, full_at, 'PX', math.max(math.ceil(full_at - now) + keep, 1))
  end
  return {1, math.floor((60000 - full_at + now) / interval), math.ceil(full_at - now), 0}
end
local what = ARGV[3]
local is_known = what ~= 'failed' and redis.call('EXISTS', KEYS[1]) == 1
if what == 'worked' or is_known then
  return {1, unpack(count(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[4]), true))}
end
if what == 'failed' then redis.call('DEL', KEYS[1]) end -- it was known, and works no more
return {0, unpack(count(KEYS[2], tonumber(ARGV[2]), 0, what == 'failed'))}
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one call left over of a limit."""

    is_keys: bool
    may_go_on: bool
    limit: int
    left: int
    # seconds until all calls have grown back, and until the next one has
    reset: int
    wait: int

    @property
    def headers(self) -> dict[str, str]:
        """What an answer tells of it (draft-ietf-httpapi-ratelimit-headers-06)."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.reset),
        }


class Caller:
    """Who calls: an address, and the text of the key it shows, which may be anything."""

    def __init__(self, request: HttpRequest, key: str) -> None:
        self._cells = (_cell("k", digest(key).hex()), _cell("a", address_of(request)))

    def enter(self) -> Rate | None:
        """Count a known key's call; of another only look whether its address may go on."""
        return self._count("enter")

    def worked(self) -> Rate | None:
        """Count the call of a key that was not known, and know it from now on."""
        return self._count("worked")

    def failed(self) -> Rate | None:
        """Count an address's call without a working key."""
        return self._count("failed")

    def _count(self, what: str) -> Rate | None:
        limits = (settings.API_CALLS_PER_MINUTE, settings.API_REFUSALS_PER_MINUTE)
        if not any(limits) or time.monotonic() < _rest.until:
            return None
        run: Callable[..., list[int]] = redis_scripts.script(SCRIPT)
        try:
            is_keys, goes_on, left, reset, wait = run(
                keys=list(self._cells), args=[*(one or UNLIMITED for one in limits), what, KNOWN]
            )
        except redis_scripts.Away as error:
            log.warning("API calls are not limited: Redis does not answer (%s)", error)
            _rest.until = time.monotonic() + REST
            return None
        limit = limits[0] if is_keys else limits[1]
        if not limit:
            return None
        seconds = (math.ceil(milliseconds / 1000) for milliseconds in (reset, wait))
        return Rate(bool(is_keys), bool(goes_on), limit, left, *seconds)


class _Rest:
    until = 0.0


_rest = _Rest()


def _cell(kind: str, name: str) -> str:
    # in braces: one hash slot of a Redis cluster
    return f"botharbor:{{api}}:{kind}:{name}"


def address_of(request: HttpRequest) -> str:
    """Return where a call comes from; of an IPv6 address the /64 that one client has to itself.

    X-Forwarded-For counts only as far as TRUSTED_PROXIES reaches: the rest is the client's word.
    """
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    told = request.headers.get("X-Forwarded-For", "").split(",")
    text = told[-proxies] if 0 < proxies <= len(told) else ""
    try:
        address = ipaddress.ip_address(text.strip() or request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
