"""The process' Redis, for counts that all processes share and change in one step."""

from __future__ import annotations

from functools import cache
from typing import Any

import redis
from django.conf import settings

# What a script raises while Redis is away.
Away = redis.RedisError


@cache
def client() -> Any:
    """Return the process' Redis: REDIS_URL's, or one inside the process (tests, commands)."""
    if settings.REDIS_URL:
        return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5)
    import fakeredis

    return fakeredis.FakeRedis()


@cache
def script(text: str) -> Any:
    """Return a Lua script, to be called with `keys` and `args`; runs whole or not at all."""
    return client().register_script(text)
