"""The demo that `make run` loads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from bots.models import Bot, DayCount
from emulators.telegram.world import DEMO_BOT_ID, DEMO_TOKEN
from tenants.models import Membership, Tenant, User
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator


@pytest.fixture
def demo(telegram: TelegramEmulator, settings: Any, db: None) -> TelegramEmulator:
    settings.EMULATORS = True
    return telegram


def load() -> str:
    out = io.StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


def test_the_token_is_the_emulators(settings: Any) -> None:
    assert settings.DEMO_BOT_TOKEN == DEMO_TOKEN


def test_a_newcomer_can_log_in_and_finds_a_bot_online(demo: TelegramEmulator) -> None:
    printed = load()
    assert "demo@botharbor.example" in printed
    assert "bh_live_" not in printed
    assert Client().login(username="demo@botharbor.example", password="harbor-demo-2026")
    assert demo.bots[DEMO_BOT_ID].webhook is not None
    operator = User.objects.get(email="operator@botharbor.example")
    assert operator.is_staff
    assert operator.is_superuser
    with scope(Tenant.objects.get(slug="demo"), transaction=False):
        assert Bot.objects.get().state == "enabled"
        assert Membership.objects.get().role == "owner"


def test_loading_again_changes_nothing(demo: TelegramEmulator) -> None:
    load()
    registered = len(demo.calls(method="setWebhook"))
    assert load()
    assert Tenant.objects.count() == 1
    assert len(demo.calls(method="setWebhook")) == registered
    with scope(Tenant.objects.get(), transaction=False):
        assert Bot.objects.count() == 1
        assert DayCount.objects.count() == 12


def test_a_bot_that_was_switched_off_stays_off(demo: TelegramEmulator) -> None:
    load()
    tenant = Tenant.objects.get()
    with scope(tenant):
        Bot.objects.update(state="disabled")
    load()
    with scope(tenant, transaction=False):
        assert Bot.objects.get().state == "disabled"


def test_without_emulators_there_is_no_demo_bot(db: None, settings: Any) -> None:
    settings.EMULATORS = False
    load()
    with scope(Tenant.objects.get(slug="demo"), transaction=False):
        assert not Bot.objects.exists()


def test_production_gets_no_demo(db: None, settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        load()
    assert not User.objects.exists()
