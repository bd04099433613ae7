"""What every test may use: the cast, and the local stand-in for Telegram over real HTTP."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator
    from tenants.models import Tenant, User


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Read no file without a test that is wanted: importing all takes longer than many tests."""
    if config.option.markexpr != "browser or journey" or collection_path.suffix != ".py":
        return None
    marks = re.search(r"mark\.(browser|journey)\b", collection_path.read_text(encoding="utf-8"))
    return None if marks else True


def pytest_collection_finish() -> None:
    """Leave what is imported and collected out of every search for garbage to come."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """Leave no test the language of a page that another one looked at."""
    yield
    from django.utils import translation

    translation.deactivate()


@pytest.fixture
def alice(db: None) -> User:  # noqa: ARG001 - asks for the database
    """Owns `tenant`."""
    from tenants.testing import make_user

    return make_user("alice@example.org")


@pytest.fixture
def tenant(alice: User) -> Tenant:
    """Alice's tenant; its address is `/t/harbor/`."""
    from tenants.testing import make_tenant

    return make_tenant("Harbor", owner=alice, slug="harbor")


@pytest.fixture
def bob(tenant: Tenant) -> User:
    """Works for Alice as operator."""
    from tenants.testing import make_member

    return make_member(tenant, "operator", email="bob@example.org")


@pytest.fixture
def charlie(db: None) -> User:  # noqa: ARG001 - asks for the database
    """A stranger: owns another tenant, `/t/strange/`, and has no place in Alice's."""
    from tenants.testing import make_tenant, make_user

    user = make_user("charlie@example.org")
    make_tenant("Strange", owner=user, slug="strange")
    return user


@pytest.fixture(scope="session")
def _emulators() -> Iterator[tuple[Any, str]]:
    # only tests that ask for it pay for the import and the server
    from emulators.serve import Server, build

    app = build()
    with Server(app) as server:
        yield app, server.url
    app.close()


@pytest.fixture
def telegram(_emulators: tuple[Any, str], settings: Any) -> Iterator[TelegramEmulator]:
    """The emulator as it is at first, served where TELEGRAM_API_URL points to.

    Ends with no fault armed, so that nothing of one test is left for the next.
    """
    app, url = _emulators
    app.telegram.reset()
    app.telegram.enforce_limits(enforced=False)
    settings.TELEGRAM_API_URL = f"{url}/telegram"
    yield app.telegram
    app.telegram.clear_faults()


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    """Telegram's limits start anew: rows of different tests share their ids."""
    yield
    from bots.services import limits

    if limits.client.cache_info().currsize:
        limits.client().flushdb()
