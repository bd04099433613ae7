"""Fills an empty database: tenants, bots, people, running giveaways; prints them as JSON.

`python -m benchmarks.stage BOTS PEOPLE_PER_BOT` under DJANGO_SETTINGS_MODULE=benchmarks.settings.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

import django

BOTS_PER_TENANT = 5
GIVEAWAYS_PER_BOT = 10
FIRST_PERSON = 5_000_000_000
PEOPLE_ROOM = 100_000  # telegram ids that belong to one bot


def build(bots: int, people: int) -> dict[str, Any]:
    """Create everything; return what the load generator must know."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # the toy has no migrations
    made = [_tenant(number, bots) for number in range(-(-bots // BOTS_PER_TENANT))]
    cast = [bot for tenant in made for bot in tenant]
    for number, bot in enumerate(cast[: bots if people else 0]):
        _people(bot, FIRST_PERSON + number * PEOPLE_ROOM, people)
        bot["joins"] = _giveaways(bot)
    return {"bots": cast, "people": people}


def _tenant(number: int, bots: int) -> list[dict[str, Any]]:
    from bots.models import Bot
    from tenants.ids import random_text
    from tenants.models import Tenant
    from tenants.scoping import scope

    tenant = Tenant.objects.create(slug=f"tenant-{number}", name=f"Tenant {number}")
    first = number * BOTS_PER_TENANT
    keys, rows = [], []
    for index in range(first, min(first + BOTS_PER_TENANT, bots)):
        telegram_id = 700_000_000 + index
        key = {
            "hook": random_text(43),
            "secret": random_text(43),
            "token": f"{telegram_id}:{random_text(35)}",
        }
        keys.append(key)
        rows.append(_bot(tenant, telegram_id, key))
    with scope(tenant):
        made = Bot.objects.bulk_create(rows)
    return [
        {**key, "id": bot.pk, "tenant": tenant.pk, "telegram_id": bot.telegram_id}
        for key, bot in zip(keys, made, strict=True)
    ]


def _bot(tenant: Any, telegram_id: int, key: dict[str, str]) -> Any:
    from bots.models import Bot
    from tenants import blind_index
    from tenants.ids import digest

    return Bot(
        tenant=tenant,
        telegram_id=telegram_id,
        username=f"bench_{telegram_id}_bot",
        name=f"Bench {telegram_id}",
        token=key["token"],
        token_fingerprint=blind_index.fingerprint("bot-token", key["token"]),
        hook_digest=digest(key["hook"]),
        secret_digest=digest(key["secret"]),
        products=["lottery", "toy"],
        state=Bot.State.ENABLED,
    )


def _people(bot: dict[str, Any], first: int, count: int) -> None:
    from django.utils import timezone

    from benchmarks.toy.models import Topic
    from bots.models import Person
    from tenants.scoping import scope

    with scope(bot["tenant"]):
        Topic.objects.create(bot_id=bot["id"], title="the weather")
        Person.objects.bulk_create(
            Person(
                bot_id=bot["id"],
                telegram_id=first + index,
                first_name="Ada",
                last_name="Lovelace",
                username=f"ada_{first + index}",
                client_language="en",
                has_started=True,
                seen_at=timezone.now(),
            )
            for index in range(count)
        )


def _giveaways(bot: dict[str, Any]) -> list[str]:
    from django.utils import timezone

    from lottery.models import Lottery
    from lottery.services.cards import Join
    from tenants.scoping import scope

    now = timezone.now()
    with scope(bot["tenant"]):
        rows = Lottery.objects.bulk_create(
            Lottery(
                number=bot["id"] * GIVEAWAYS_PER_BOT + index,
                bot_id=bot["id"],
                title=f"Giveaway {index}",
                text="Join and win.",
                starts_at=now,
                ends_at=now + timedelta(days=1),
                time_zone="Asia/Taipei",
                state=Lottery.State.OPEN,
                opened_at=now,
                secret="00" * 32,
                secret_sha256="00" * 32,
            )
            for index in range(GIVEAWAYS_PER_BOT)
        )
    return [Join(row.pk).pack() for row in rows]


if __name__ == "__main__":
    django.setup()
    json.dump(build(int(sys.argv[1]), int(sys.argv[2])), sys.stdout)
