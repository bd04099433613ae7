"""python-telegram-bot, one Application per bot, behind an async Django view under uvicorn.

Each update's work is done in one transaction of psycopg's asynchronous pool before the answer.
Nothing is sent: `Application` has no answer in the webhook's response, and a call to Telegram
would only make it slower.
"""
# mypy: disable-error-code="import-not-found,misc,untyped-decorator"

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse  # noqa: TID251
from django.urls import path
from psycopg_pool import AsyncConnectionPool
from telegram import Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler
from telegram.request import BaseRequest

from benchmarks.rivals import work

RECEIPT, TOPIC, NOTE, LOTTERY, ENTRY = map(
    work.psycopg_sql, (work.RECEIPT, work.TOPIC, work.NOTE, work.LOTTERY, work.ENTRY)
)
size = int(os.environ.get("RIVAL_POOL", "16"))
pool = AsyncConnectionPool(
    os.environ["RIVAL_DATABASE_URL"], min_size=size, max_size=size, open=False
)
making = asyncio.Lock()
applications: dict[str, Any] = {}


class Offline(BaseRequest):
    """Answers `getMe` as Telegram would, without a network."""

    read_timeout = 5.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(self, url: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Answer every call with the bot itself."""
        del args, kwargs
        bot_id = int(url.partition("/bot")[2].partition(":")[0])
        me = {"id": bot_id, "is_bot": True, "first_name": "Bench", "username": f"bench_{bot_id}"}
        return 200, json.dumps({"ok": True, "result": me}).encode()


async def note(update: Any, context: Any) -> None:
    """Read and write in one transaction."""
    async with pool.connection() as connection:
        done = await connection.execute(RECEIPT, (context.bot.id, update.update_id))
        if await done.fetchone() is None:
            return
        await (await connection.execute(TOPIC, (context.bot.id,))).fetchone()
        values = (context.bot.id, update.effective_user.id, " ".join(context.args))
        await connection.execute(NOTE, values)


async def join(update: Any, context: Any) -> None:
    """Read and write in one transaction."""
    lottery = int(context.match[1])
    async with pool.connection() as connection:
        done = await connection.execute(RECEIPT, (context.bot.id, update.update_id))
        if await done.fetchone() is None:
            return
        found = await (await connection.execute(LOTTERY, (lottery, context.bot.id))).fetchone()
        if found is not None:
            await connection.execute(ENTRY, (lottery, update.effective_user.id))


async def application_of(token: str) -> Any:
    """Return the bot's Application, made at its first update."""
    async with making:
        if pool.closed:
            await pool.open(wait=True)
        if token in applications:
            return applications[token]
        offline = Offline()
        builder = Application.builder().token(token).updater(None).job_queue(None)
        made = builder.request(offline).get_updates_request(offline).build()
        made.add_handler(CommandHandler("note", note))
        made.add_handler(CallbackQueryHandler(join, pattern=r"^lj:(\d+)$"))
        await made.initialize()
        applications[token] = made
        return made


async def receive(request: HttpRequest, token: str) -> HttpResponse:
    """Have the bot's Application take an update."""
    application = applications.get(token) or await application_of(token)
    update = Update.de_json(json.loads(request.body), application.bot)
    await application.process_update(update)
    return HttpResponse()


urlpatterns = [path("webhook/<token>", receive)]

if __name__ == "__main__":
    settings.configure(
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[], SECRET_KEY="x" * 50
    )
    django.setup()
    port = int(os.environ["PORT"])
    uvicorn.run(get_asgi_application(), port=port, access_log=False, log_level="warning")
