"""The cast of the bots' tests: a tenant with its members, a stranger, a bot that is online."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from bots.models import Bot
from bots.services import connecting
from emulators.telegram.world import DEMO_TOKEN
from tenants.models import Membership, Tenant, User
from tenants.scoping import scope
from tenants.services.audit import Actor

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

ROLES = {"alice": "owner", "adam": "admin", "bob": "operator", "vera": "viewer"}


def join(tenant: Tenant, name: str, role: str) -> User:
    """Create a user who belongs to a tenant."""
    user: User = User.objects.create_user(f"{name}@{tenant.slug}.example", "x" * 12)
    with scope(tenant):
        Membership.objects.create(user=user, role=role)
    return user


@pytest.fixture
def acme(db: None) -> Tenant:
    """A tenant with one member of each role."""
    tenant: Tenant = Tenant.objects.create(slug="acme", name="Acme")
    for name, role in ROLES.items():
        join(tenant, name, role)
    return tenant


@pytest.fixture
def rival(db: None) -> Tenant:
    """Another tenant, owned by charlie."""
    tenant: Tenant = Tenant.objects.create(slug="rival", name="Rival")
    join(tenant, "charlie", "owner")
    return tenant


@pytest.fixture
def actor() -> Actor:
    return Actor.system()


@pytest.fixture
def connected(telegram: TelegramEmulator, acme: Tenant, actor: Actor) -> Bot:
    """Acme's bot, stored and switched off."""
    return connecting.connect_bot(acme, DEMO_TOKEN, ["lottery"], actor=actor)


@pytest.fixture
def online(connected: Bot, actor: Actor) -> Bot:
    """Acme's bot, with its webhook set."""
    connecting.enable(connected, actor=actor)
    return connected


@pytest.fixture
def login() -> Callable[[str], Client]:
    """Return a browser that is logged in: `login("bob")`, `login("charlie")`."""

    def log_in(name: str) -> Client:
        client = Client()
        client.force_login(User.objects.get(email__startswith=f"{name}@"))
        return client

    return log_in
