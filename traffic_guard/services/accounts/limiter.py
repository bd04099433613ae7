"""How fast clouds are asked, over all processes and tenants: they count calls by our address.

Huawei Cloud lets one address (and one user) make 10 calls a second to each API. Every API of a
cloud has a cell that all share, at TRAFFIC_CALLS_PER_SECOND, and every key has one at half of that,
so that no account takes all. A slot is booked at once and the caller sleeps until then, but never
long: a call that would have to wait longer is Busy, and its account is read again a little later.
A 429 pauses the API and halves the pace of all for a while, again and again up to an eighth.

Who comes first is no matter of this module: services/readings/turns.py.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.conf import settings

from tenants.redis_scripts import Away, client, script
from traffic_guard.gateways.cloud import Busy, CloudError
from traffic_guard.models import Account

# The APIs of the clouds, as their gateways name them; a cloud may have fewer.
APIS = ("iam", "config", "bss", "ecs", "vpc", "ces")
# how many calls may come at once
BURST = 3
# A call waits for its turn at most so long; one that stops or starts servers, longer.
LONGEST_WAIT, LONGEST_WRITE_WAIT = 2.0, 15.0
# After a 429 everything takes twice as long, at most so many times, for so many seconds.
MOST_STRAIN, STRAIN_SECONDS = 8, 120
# While Redis is away nobody knows who asked: seconds until it is tried again.
AWAY_WAIT = 5.0

# KEYS: pause, strain, the hour's count, the API's cell, the key's. ARGV: now in ms or 0, longest
# wait, burst, then the interval of each cell. All keys hold the API in braces: one hash slot of a
# Redis cluster.
SCRIPT = """
local now = tonumber(ARGV[1])
if now == 0 then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local wait = math.max(0, tonumber(redis.call('GET', KEYS[1]) or '0') - now)
local strain = tonumber(redis.call('GET', KEYS[2]) or '1')
for i = 4, #KEYS do
  local interval = tonumber(ARGV[i]) * strain
  local tat = tonumber(redis.call('GET', KEYS[i]) or '0')
  wait = math.max(wait, tat - (tonumber(ARGV[3]) - 1) * interval - now)
end
if wait > tonumber(ARGV[2]) then return {0, math.ceil(wait)} end
for i = 4, #KEYS do
  local interval = tonumber(ARGV[i]) * strain
  local tat = math.max(tonumber(redis.call('GET', KEYS[i]) or '0'), now + wait) + interval
  redis.call('SET', KEYS[i], string.format('%.0f', tat), 'PX', math.floor(tat - now + 10000))
end
redis.call('INCR', KEYS[3])
redis.call('EXPIRE', KEYS[3], 7200)
return {1, math.ceil(wait)}
"""
SLOW = """
local now = tonumber(ARGV[1])
if now == 0 then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local until_ms = now + tonumber(ARGV[2])
if until_ms > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], string.format('%.0f', until_ms), 'PX', tonumber(ARGV[2]) + 1000)
end
local strain = math.min(tonumber(redis.call('GET', KEYS[2]) or '1') * 2, tonumber(ARGV[3]))
redis.call('SET', KEYS[2], strain, 'PX', tonumber(ARGV[4]))
"""


class Clock(Protocol):
    """What time it is, and how one waits: a benchmark brings its own."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970; 0: Redis's own time, the same for all machines."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class RedisClock:
    """Time that passes."""

    def now_ms(self) -> int:
        return 0

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


REAL = RedisClock()


@dataclass(frozen=True, slots=True)
class Turns:
    """An account's turns at its cloud's APIs: the `throttle` of its gateway."""

    provider: str
    key: str
    clock: Clock = REAL

    def __call__(self, api: str, route: str) -> None:
        """Wait for a turn to call an API; `route` is "METHOD /path".

        Raises:
            Busy: it would take too long, or Redis is away. Nothing was sent.
        """
        longest = LONGEST_WRITE_WAIT if route.endswith("/action") else LONGEST_WAIT
        interval = 1000 / settings.TRAFFIC_CALLS_PER_SECOND
        now_ms = self.clock.now_ms()
        pause, strain, all_of = _shared(self.provider, api)
        counted = _counter(self.provider, api, (now_ms or time.time() * 1000) / 3_600_000)
        keys = [pause, strain, counted, all_of, _cell(self.provider, api, self.key)]
        numbers = [now_ms, longest * 1000, BURST, interval, 2 * interval]
        try:
            is_booked, wait_ms = script(SCRIPT)(keys=keys, args=numbers)
        except Away:
            raise Busy(AWAY_WAIT) from None
        if not is_booked:
            raise Busy(wait_ms / 1000)
        self.clock.sleep(wait_ms / 1000)


def throttle_for(account: Account) -> Turns:
    """Return the turns of an account; the same key has the same turns in every tenant."""
    return Turns(account.provider, bytes(account.key_mark).hex()[:24])


def heard(provider: str, error: CloudError) -> None:
    """Take note of an error: after a 429 everybody leaves that API alone, and is then slower."""
    if isinstance(error, Busy) and error.api:
        slow(provider, error.api, error.retry_after)


def slow(provider: str, api: str, seconds: float, clock: Clock = REAL) -> None:
    """Have an API left alone for some seconds, and called at half the pace for a while."""
    pause, strain, _cell_of_all = _shared(provider, api)
    wait_ms = int(seconds * 1000) + 100
    try:
        numbers = [clock.now_ms(), wait_ms, MOST_STRAIN, STRAIN_SECONDS * 1000]
        script(SLOW)(keys=[pause, strain], args=numbers)
    except Away:
        return  # whoever asks next is told to wait


def pace(provider: str, api: str) -> float:
    """Return the calls a second that an API takes from us now: less after a 429, 0 while paused."""
    pause, strain, _cell_of_all = _shared(provider, api)
    try:
        is_paused, factor = client().mget([pause, strain])
    except Away:
        return 0.0
    if is_paused is not None:
        return 0.0
    return float(settings.TRAFFIC_CALLS_PER_SECOND) / float(factor or 1)


def calls(provider: str, api: str, at: datetime) -> int:
    """Return how many calls to an API were let through in the hour of a moment, of the last two."""
    try:
        return int(client().get(_counter(provider, api, at.timestamp() / 3600)) or 0)
    except Away:
        return 0


def _counter(provider: str, api: str, hours: float) -> str:
    """Return where the calls of an hour are counted; `hours` since 1970."""
    return _cell(provider, api, f"calls:{int(hours)}")


def _shared(provider: str, api: str) -> list[str]:
    return [_cell(provider, api, name) for name in ("pause", "strain", "all")]


def _cell(provider: str, api: str, name: str) -> str:
    return f"botharbor:traffic:{{{provider}:{api}}}:{name}"
