"""A tenant with a bot, and one that must see nothing of it."""

from __future__ import annotations

import pytest
from django.test import Client

from bots.models import Bot
from bots.testing import make_bot
from lottery.tests.pages import browser
from tenants.models import Tenant, User
from tenants.services.audit import Actor
from tenants.services.tenants import create_tenant


def make_tenant(name: str, owner: str) -> Tenant:
    user = User.objects.create_user(owner, "password")
    return create_tenant(name, owner=user, actor=Actor.system())


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant("Alice's", "alice@example.org")


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_bot(tenant)


@pytest.fixture
def other_bot(tenant: Tenant) -> Bot:
    """Another bot of the same tenant."""
    return make_bot(tenant)


@pytest.fixture
def foreign_bot(db: None) -> Bot:
    """A bot of another tenant."""
    return make_bot(make_tenant("Charlie's", "charlie@example.org"))


@pytest.fixture
def alice(tenant: Tenant) -> Client:
    """The owner's browser."""
    return browser("alice@example.org")
