"""New encryption keys while people join: nothing stops, nothing gets unreadable."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from secrets import token_bytes
from signal import SIGTERM

import pytest

from config.tests.toy import free_port
from emulators.telegram.world import SPARE_TOKEN
from tests.journeys.giveaways import (
    add_people,
    entries,
    join_key,
    open_card,
    open_giveaway,
    press_join,
    wait_for_keys,
)
from tests.journeys.stack import Api, Stack, running, telegram_elsewhere, wait_until

pytestmark = pytest.mark.journey
BOT_ID = int(SPARE_TOKEN.partition(":")[0])
PEOPLE = 120


def new_key() -> str:
    """Return a fresh key as FIELD_ENCRYPTION_KEYS wants it."""
    return urlsafe_b64encode(token_bytes(32)).decode()


def test_keys_change_while_people_join(tmp_path: Path, server_store: dict[str, str]) -> None:
    old, new = new_key(), new_key()
    with telegram_elsewhere() as telegram:
        port = free_port()
        env = {"EMULATORS": "0", "TELEGRAM_API_URL": telegram, "PORT": str(port), **server_store}
        env["PUBLIC_URL"] = f"http://127.0.0.1:{port}"

        def with_keys(*keys: str) -> AbstractContextManager[Stack]:
            return running(tmp_path, FIELD_ENCRYPTION_KEYS=",".join(keys), **env)

        with with_keys(old) as stack:
            stack.control("POST", "limits", enforced=False)
            api = stack.tenant("Tea house", "owner@tea.example")
            giveaway = open_giveaway(api, api.bot(SPARE_TOKEN), seconds=900)
            people = add_people(stack, PEOPLE)
            before, during, after = people[:40], people[40:80], people[80:]
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda one: open_card(stack, BOT_ID, one, giveaway), people))
            wait_for_keys(stack, BOT_ID, people)
            with ThreadPoolExecutor(8) as pool:
                pool.map(partial(press_join, stack, BOT_ID), before)
                assert stack.run.stop(SIGTERM) == 0

        with with_keys(new, old) as stack, ThreadPoolExecutor(8) as pool:
            pressed = pool.map(partial(press_join, stack, BOT_ID), during)
            printed = stack.manage("rotate_encryption_keys")
            assert "bots.Bot: 1 renewed, 0 already" in printed
            list(pressed)
            api = Api(stack.web, api.key, api.slug)
            wait_for_answers(stack, before + during)
            assert stack.run.stop(SIGTERM) == 0

        with with_keys(new) as stack, ThreadPoolExecutor(8) as pool:
            pressed = pool.map(partial(press_join, stack, BOT_ID), after)
            # fails where a value is under none of the keys
            printed = stack.manage("rotate_encryption_keys", "--dry-run")
            assert "bots.Bot: 0 to do, 1 already under the first key" in printed
            list(pressed)
            wait_for_answers(stack, people)
            joined = entries(Api(stack.web, api.key, api.slug), giveaway)
            assert sorted(one["telegram_id"] for one in joined) == sorted(people)


def wait_for_answers(stack: Stack, people: list[int]) -> None:
    """Wait until the cards of those who pressed were changed: a call that needs the token."""
    wait_until(
        lambda: not any(join_key(stack, BOT_ID, person) for person in people),
        what="the changed cards",
    )
