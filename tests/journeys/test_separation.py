"""Two tenants, the same person at both bots: nothing crosses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emulators.telegram.world import ALICE, SECOND_SPARE_TOKEN, SPARE_TOKEN
from tests.journeys.giveaways import (
    entries,
    open_card,
    open_giveaway,
    press_join,
    texts,
    wait_for_keys,
)
from tests.journeys.stack import running, wait_until

pytestmark = pytest.mark.journey
TEA_BOT = int(SPARE_TOKEN.partition(":")[0])
GAME_BOT = int(SECOND_SPARE_TOKEN.partition(":")[0])


def test_two_tenants_share_a_person_and_nothing_else(home: Path) -> None:
    with running(home) as stack:
        with ThreadPoolExecutor(2) as pool:
            tea, games = pool.map(
                stack.tenant,
                ("Tea house", "Game club"),
                ("owner@tea.example", "owner@games.example"),
            )
        tea_bot, game_bot = tea.bot(SPARE_TOKEN), games.bot(SECOND_SPARE_TOKEN)
        teapot = open_giveaway(tea, tea_bot, seconds=12, title="Teapot raffle")
        console = open_giveaway(games, game_bot, seconds=600, title="Console raffle")

        # the token of one tenant cannot be connected by the other, and nobody learns whose it is
        refused = games.try_("POST", "/api/v1/bots/", token=SPARE_TOKEN, products=["lottery"])
        assert refused.status_code in {400, 409}
        assert "Tea" not in refused.text

        for bot_id, giveaway in ((TEA_BOT, teapot), (GAME_BOT, console)):
            open_card(stack, bot_id, ALICE, giveaway)
            wait_for_keys(stack, bot_id, [ALICE])
            press_join(stack, bot_id, ALICE)
        wait_until(lambda: len(entries(tea, teapot)) == 1, what="the tea entry")
        wait_until(lambda: len(entries(games, console)) == 1, what="the game entry")

        # the other tenant's ids are not found, whatever is done with them
        for path in ("", "entries/", "result/"):
            assert games.try_("GET", f"/api/v1/giveaways/{teapot['id']}/{path}").status_code == 404
        for path in ("", "health/"):
            assert games.try_("GET", f"/api/v1/bots/{tea_bot['id']}/{path}").status_code == 404
        assert games.try_("DELETE", f"/api/v1/bots/{tea_bot['id']}/").status_code == 404
        listed = games("GET", "/api/v1/bots/")["results"]
        assert [bot["id"] for bot in listed] == [game_bot["id"]]

        # a link of the other tenant's giveaway leads nowhere in this bot
        open_card(stack, GAME_BOT, ALICE, teapot)
        stack.control("POST", "messages", bot_id=GAME_BOT, chat_id=ALICE, from_id=ALICE,
                      text="/lotteries")  # fmt: skip
        wait_until(
            lambda: any("Console raffle" in text for text in texts(stack, GAME_BOT, ALICE)[1:]),
            what="the list of the game bot",
        )
        assert not any("Teapot raffle" in text for text in texts(stack, GAME_BOT, ALICE))

        # the draw of one is told by its own bot alone
        wait_until(
            lambda: tea("GET", f"/api/v1/giveaways/{teapot['id']}/")["state"] == "announced",
            what="the tea draw",
        )
        wait_until(
            lambda: any("Teapot" in text for text in texts(stack, TEA_BOT, ALICE)[1:]),
            what="the winner is told",
        )
        assert not any("Teapot raffle" in text for text in texts(stack, GAME_BOT, ALICE))
