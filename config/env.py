"""Turns store URLs of the environment into Django's and Celery's words."""

import ipaddress
import os
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import environ

# WAL + IMMEDIATE: the only combination of the measured ones that loses no task when web, worker
# and beat write at once (docs/architecture.md, "Stores").
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
        "PRAGMA mmap_size=134217728; PRAGMA cache_size=-16000; PRAGMA journal_size_limit=27103364;"
    ),
}
KEEP_CONNECTION = 300  # seconds


def database(url: str, *, pool_size: int) -> dict[str, Any]:
    """Return Django's settings for a database URL (`sqlite:///…` or `postgres://…`).

    `pool_size` is the largest number of connections that one process keeps to PostgreSQL; with 0
    each thread keeps one of its own.

    Raises:
        environ.ImproperlyConfigured: the URL names neither of the two.
    """
    config: dict[str, Any] = environ.Env.db_url_config(url)
    engine = str(config.get("ENGINE", ""))
    if engine.endswith("sqlite3"):
        return {**config, "OPTIONS": dict(SQLITE_OPTIONS), "CONN_MAX_AGE": None}
    if "postgresql" in engine:
        options = dict(config.get("OPTIONS") or {})
        if pool_size:
            options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 10}
        return {
            **config,
            "ENGINE": "tenants.postgresql",
            "OPTIONS": options,
            # what lay idle longer may have been dropped by something on the way
            "CONN_MAX_AGE": 0 if pool_size else KEEP_CONNECTION,
            # a named cursor outlives the transaction that carries the tenant for row security
            "DISABLE_SERVER_SIDE_CURSORS": True,
        }
    raise environ.ImproperlyConfigured(
        "DATABASE_URL must be sqlite:///path or postgres://user:password@host:port/name"
    )


def under_gunicorn() -> bool:
    """Tell whether gunicorn runs this process; its arbiter sets the variable for its workers."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn")


def loopback_only(public_url: str, hosts: Iterable[str], bind: str) -> bool:
    """Tell whether nobody but this machine reaches us, going by our address, names and socket."""
    names = [urlsplit(public_url).hostname or "localhost", *hosts]
    if bind and not bind.startswith(("unix:", "fd:")):
        names.append(urlsplit(f"//{bind}").hostname or "0.0.0.0")  # noqa: S104 - what it means
    return all(_is_loopback(name.strip("[]")) for name in names)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def redis_for_celery(url: str) -> str:
    """Return the broker URL that Celery understands for a redis-py URL.

    redis-py says `unix:///path?db=0` where kombu says `redis+socket:///path?virtual_host=0`;
    each rejects the other's form. Empty stays the in-memory broker (tests, one-off commands).
    """
    if not url:
        return "memory://"
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={number}"
