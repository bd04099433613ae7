"""aiogram 3 serving many bots, as its multibot example does: aiohttp, asyncpg, uvloop.

One dispatcher, `TokenBasedRequestHandler`, bots made at first use. Each update's work is done in
one transaction before the answer (`handle_in_background=False`: answering first would lose it).
"""
# mypy: disable-error-code="import-not-found,misc,untyped-decorator,call-arg"

from __future__ import annotations

import os
from typing import Any

import asyncpg
import uvloop
from aiogram import Dispatcher, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.filters import Command
from aiogram.filters.callback_data import CallbackData
from aiogram.webhook.aiohttp_server import TokenBasedRequestHandler, setup_application
from aiohttp import web

from benchmarks.rivals import work

RECEIPT, TOPIC, NOTE, LOTTERY, ENTRY = map(
    work.asyncpg_sql, (work.RECEIPT, work.TOPIC, work.NOTE, work.LOTTERY, work.ENTRY)
)
router = Router()


class Join(CallbackData, prefix="lj"):
    """The button of a giveaway."""

    lottery: int


@router.message(Command("note"))
async def note(message: Any, command: Any, bot: Any, event_update: Any, pool: Any) -> Any:
    """Read and write in one transaction, then answer in the webhook's response."""
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval(RECEIPT, bot.id, event_update.update_id) is None:
            return None
        title = await connection.fetchval(TOPIC, bot.id)
        await connection.execute(NOTE, bot.id, message.from_user.id, command.args)
    return message.answer(f"Noted on {title}: {command.args}")


@router.callback_query(Join.filter())
async def join(query: Any, callback_data: Join, bot: Any, event_update: Any, pool: Any) -> Any:
    """Read and write in one transaction, then answer in the webhook's response."""
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval(RECEIPT, bot.id, event_update.update_id) is None:
            return None
        count = await connection.fetchval(LOTTERY, callback_data.lottery, bot.id)
        if count is None:
            return query.answer("It is over.")
        await connection.execute(ENTRY, callback_data.lottery, query.from_user.id)
    return query.answer(f"You are in, with {count} others.")


async def application() -> web.Application:
    """Return the application, with its pool of connections."""
    pool_size = int(os.environ.get("RIVAL_POOL", "16"))
    pool = await asyncpg.create_pool(
        os.environ["RIVAL_DATABASE_URL"], min_size=pool_size, max_size=pool_size
    )
    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    dispatcher["pool"] = pool
    app = web.Application()
    handler = TokenBasedRequestHandler(
        dispatcher, handle_in_background=False, bot_settings={"session": AiohttpSession()}
    )
    handler.register(app, path="/webhook/{bot_token}")
    setup_application(app, dispatcher)
    return app


if __name__ == "__main__":
    if os.environ.get("RIVAL_LOOP") != "asyncio":
        uvloop.install()
    web.run_app(
        application(), host="127.0.0.1", port=int(os.environ["PORT"]), access_log=None, print=None
    )
