"""On a laptop without a public address: a real token works by long polling."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.telegram.world import ALICE, SPARE_TOKEN
from tests.journeys.giveaways import (
    entries,
    join_key,
    open_card,
    open_giveaway,
    press_join,
    texts,
    wait_for_keys,
)
from tests.journeys.stack import running, telegram_elsewhere, wait_until

pytestmark = pytest.mark.journey
BOT_ID = int(SPARE_TOKEN.partition(":")[0])


def test_a_token_works_without_a_public_address(home: Path) -> None:
    with (
        telegram_elsewhere() as telegram,
        running(home, EMULATORS="0", TELEGRAM_API_URL=telegram) as stack,
    ):
        assert "PUBLIC_URL" not in stack.env
        api = stack.tenant("Tea house", "owner@tea.example")
        giveaway = open_giveaway(api, api.bot(SPARE_TOKEN), seconds=600)

        stack.control("POST", "start", bot_id=BOT_ID, user_id=ALICE)
        wait_until(lambda: texts(stack, BOT_ID, ALICE), what="the answer to /start")
        open_card(stack, BOT_ID, ALICE, giveaway)
        wait_for_keys(stack, BOT_ID, [ALICE])
        press_join(stack, BOT_ID, ALICE)
        wait_until(lambda: not join_key(stack, BOT_ID, ALICE), what="the changed card")
        assert [one["telegram_id"] for one in entries(api, giveaway)] == [ALICE]

        [bot] = [b for b in stack.control("GET", "bots")["bots"] if b["id"] == BOT_ID]
        assert bot["polling"]
        assert bot["webhook"]["url"] == ""
        assert len(texts(stack, BOT_ID, ALICE)) == 2
