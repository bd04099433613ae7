"""Who may open the pages of channels and broadcasts."""

from __future__ import annotations

import pytest

from bots.models import Bot, Broadcast, Channel
from bots.testing import make_bot
from bots.tests.broadcasting import people, start
from bots.tests.browsers import ROLES, login
from bots.tests.channels import add, only
from tenants.models import Tenant


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    bot = make_bot(tenant)
    people(bot, 3)
    return bot


def pages(channel: Channel, broadcast: Broadcast) -> list[tuple[str, str, str]]:
    """Return (method, path below /t/acme/, least role)."""
    one, two = f"channels/{channel.public_id}/", f"broadcasts/{broadcast.public_id}/"
    return [
        ("get", "channels/", "viewer"),
        ("get", "channels/new/email/", "admin"),
        ("post", "channels/new/email/", "admin"),
        ("get", one, "viewer"),
        ("get", one + "edit/", "admin"),
        ("post", one + "edit/", "admin"),
        ("post", one + "secret/", "admin"),
        ("post", one + "test/", "operator"),
        ("get", one + "test/1/", "viewer"),
        ("get", "broadcasts/", "viewer"),
        ("get", "broadcasts/new/", "operator"),
        ("post", "broadcasts/new/", "operator"),
        ("get", two, "viewer"),
        ("get", two + "progress/", "viewer"),
        ("post", two + "pause/", "operator"),
        ("post", two + "resume/", "operator"),
        ("post", two + "cancel/", "operator"),
        ("post", one + "delete/", "admin"),
    ]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_it_may(bot: Bot, role: str) -> None:
    client = login(bot.tenant, role)
    for method, path, least in pages(add(bot.tenant), start(bot)):
        status = getattr(client, method)(f"/t/acme/{path}").status_code
        if ROLES.index(role) <= ROLES.index(least):
            assert status in (200, 302, 404), path
        else:
            assert status == 403, path


def test_a_stranger_gets_404_everywhere(bot: Bot) -> None:
    charlie = login(Tenant.objects.create(slug="else", name="Else"))
    channel, broadcast = add(bot.tenant), start(bot)
    for method, path, _least in pages(channel, broadcast):
        assert getattr(charlie, method)(f"/t/acme/{path}").status_code == 404, path
        if channel.public_id in path or broadcast.public_id in path:
            # in his own workspace another's things are not there either
            assert getattr(charlie, method)(f"/t/else/{path}").status_code == 404, path
    assert only(bot.tenant) == channel
