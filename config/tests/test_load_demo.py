"""The demo that `make run` loads."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from bots.models import Bot, DayCount
from config.demo import OPERATOR, WELL_KNOWN, passwords
from config.env import loopback_only
from emulators.telegram.world import DEMO_BOT_ID, DEMO_TOKEN
from tenants.models import Membership, Tenant, User
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator


RIVALS, ROUNDS = 3, 100


@pytest.fixture
def demo(telegram: TelegramEmulator, settings: Any, db: None) -> TelegramEmulator:
    settings.EMULATORS = True
    return telegram


def load() -> str:
    out = io.StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


def migrate() -> str:
    out = io.StringIO()
    call_command("migrate", interactive=False, verbosity=0, stdout=out, skip_checks=True)
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


def test_a_demo_that_others_reach_has_passwords_of_its_own(
    db: None, settings: Any, tmp_path: Path
) -> None:
    settings.EMULATORS, settings.DATA_DIR = False, tmp_path
    known = (
        ("demo@botharbor.example", "harbor-demo-2026"),
        ("operator@botharbor.example", "harbor-operator-2026"),
    )
    assert all(word in load() for _address, word in known)
    assert all(Client().login(username=name, password=word) for name, word in known)
    settings.LOOPBACK_ONLY = False
    printed = load()
    for name, word in known:
        assert not Client().login(username=name, password=word)
        (told,) = re.findall(rf"{name}  password: (\S+)", printed)
        assert len(told) >= 20
        assert Client().login(username=name, password=told)
    (kept,) = tmp_path.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert load() == printed
    # one that its holder chose stays, and nothing goes back to what everybody knows
    user = User.objects.get(email=known[0][0])
    user.set_password("one-of-my-own-2026")
    user.save()
    settings.LOOPBACK_ONLY = True
    assert load() == printed
    assert Client().login(username=user.email, password="one-of-my-own-2026")
    assert not Client().login(username=known[1][0], password=known[1][1])


def test_a_killed_start_leaves_nothing_in_the_way_of_the_next(
    db: None, settings: Any, tmp_path: Path
) -> None:
    settings.EMULATORS, settings.DATA_DIR, settings.LOOPBACK_ONLY = False, tmp_path, False
    (tmp_path / f"demo-passwords.json.{os.getpid()}").write_text('{"demo@botharbor')
    (told,) = re.findall(r"demo@botharbor.example  password: (\S+)", load())
    assert Client().login(username="demo@botharbor.example", password=told)
    assert [file.name for file in tmp_path.iterdir()] == ["demo-passwords.json"]


def test_demos_that_start_at_once_have_the_same_passwords(settings: Any, tmp_path: Path) -> None:
    settings.LOOPBACK_ONLY = False
    folders = [tmp_path / str(number) for number in range(ROUNDS)]
    for folder in folders:
        folder.mkdir()
    context = multiprocessing.get_context("fork")
    ready, told = context.Barrier(RIVALS), context.SimpleQueue()

    def start() -> None:
        made = []
        try:
            for settings.DATA_DIR in folders:
                ready.wait()
                made.append(passwords())
        except Exception:
            ready.abort()
            raise
        finally:
            told.put(made)

    rivals = [context.Process(target=start, daemon=True) for _ in range(RIVALS)]
    for rival in rivals:
        rival.start()
    answers = [told.get() for _ in rivals]
    for rival in rivals:
        rival.join()
    kept = [json.loads(file.read_text()) for folder in folders for file in folder.iterdir()]
    assert answers == [kept] * RIVALS


def test_a_demo_that_becomes_production_leaves_no_well_known_password(
    db: None, settings: Any
) -> None:
    settings.EMULATORS = False
    load()
    operator = Client()
    assert operator.login(username=OPERATOR, password=WELL_KNOWN[OPERATOR])
    assert get_user(operator).is_authenticated
    settings.PRODUCTION = True
    told = migrate()
    for address, word in WELL_KNOWN.items():
        assert address in told
        assert not Client().login(username=address, password=word)
    assert not get_user(operator).is_authenticated
    # one that was chosen since stays, and there is nothing more to tell
    user = User.objects.get(email=OPERATOR)
    user.set_password("one-of-my-own-2026")
    user.save()
    assert OPERATOR not in migrate()
    assert Client().login(username=OPERATOR, password="one-of-my-own-2026")


def test_migrating_a_demo_keeps_its_passwords(db: None, settings: Any) -> None:
    settings.EMULATORS = False
    load()
    assert OPERATOR not in migrate()
    assert Client().login(username=OPERATOR, password=WELL_KNOWN[OPERATOR])


@pytest.mark.parametrize(
    ("url", "hosts", "bind", "is_private"),
    [
        ("", ["127.0.0.1", "localhost", "[::1]"], "", True),
        ("http://127.0.0.1:8000", ["localhost"], "127.0.0.1:8000", True),
        ("", ["localhost"], "unix:/run/web.sock", True),
        ("https://bots.example.org", ["localhost"], "", False),
        ("", ["localhost", "bots.example.org"], "", False),
        ("", ["*"], "", False),
        ("", ["localhost"], "0.0.0.0:8000", False),
        ("", ["localhost"], ":8000", False),
    ],
)
def test_who_reaches_us_is_judged_by_address_names_and_socket(
    url: str, hosts: list[str], bind: str, *, is_private: bool
) -> None:
    assert loopback_only(url, hosts, bind) is is_private


def test_production_gets_no_demo(db: None, settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        load()
    assert not User.objects.exists()
