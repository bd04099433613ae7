"""Builders for tests: people who log in, and tenants that belong to them."""

from __future__ import annotations

import itertools
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.utils import timezone

from tenants.models import ApiKey, Membership, Tenant, User
from tenants.scoping import scope
from tenants.services import account_mails, api_keys
from tenants.services.audit import Actor

PASSWORD = "harbor-2026-lamp"
_numbers = itertools.count(1)


def make_user(email: str = "", *, password: str = PASSWORD, **fields: Any) -> User:
    """Create somebody who can log in: his address is verified."""
    user = User.objects.create_user(
        email or f"user{next(_numbers)}@example.org", password, **fields
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_tenant(name: str = "Harbor", *, owner: User | None = None, **fields: Any) -> Tenant:
    """Create a tenant; with an owner also his membership."""
    fields.setdefault("slug", f"tenant-{next(_numbers)}")
    tenant = Tenant.objects.create(name=name, **fields)
    if owner is not None:
        with scope(tenant):
            Membership.objects.create(user=owner, role=Membership.Role.OWNER)
    return tenant


def make_member(tenant: Tenant, role: str = Membership.Role.VIEWER, **fields: Any) -> User:
    """Create a user with this role in the tenant."""
    user = make_user(**fields)
    with scope(tenant):
        Membership.objects.create(user=user, role=role)
    return user


def make_api_key(tenant: Tenant, *scopes: str, **options: Any) -> str:
    """Create an API key (full scope unless told otherwise) and return its text."""
    with scope(tenant):
        _key, text = api_keys.create(
            "test", scopes or [ApiKey.Scope.FULL], actor=Actor.system(), **options
        )
    return text


def page_as(user: User, path: str, **data: Any) -> Any:
    """Return the response to a GET of somebody who is logged in."""
    client = Client()
    client.force_login(user)
    return client.get(path, data)


def mails() -> list[EmailMessage]:
    """Have the account mails sent that wait, as a worker does; return all mails sent so far."""
    account_mails.deliver_due(timezone.now())
    return mail.outbox


@contextmanager
def sent_messages(folder: Path) -> Iterator[list[str]]:
    """Collect the queries that go to PostgreSQL, as libpq itself traces them."""
    connection.ensure_connection()
    sent: list[str] = []
    wire = connection.connection.pgconn
    with (folder / "trace").open("w+") as trace:
        wire.trace(trace.fileno())
        yield sent
        wire.untrace()
        trace.seek(0)
        sent += re.findall(r"\tF\t\d+\t(?:Query|Parse)\t (.*)", trace.read())


@contextmanager
def another_writer() -> Iterator[None]:
    """Let somebody else write all the while; only SQLite, with its one writer, minds."""
    if connection.vendor == "postgresql":
        yield
        return
    with closing(sqlite3.connect(connection.settings_dict["NAME"], uri=True)) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        yield


def lose(code: str = "40P01") -> None:
    """Have PostgreSQL give up the open transaction for another's sake: a deadlock, as it tells it.

    SQLite says so when a transaction begins: see `another_writer`.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(number)` in threads that start together, each on a connection of its own."""
    start = threading.Barrier(count)

    def run(number: int) -> Any:
        start.wait(10)
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
