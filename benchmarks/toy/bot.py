"""Two commands that do the same work: in one round trip, and through the ORM in two."""

from __future__ import annotations

from benchmarks.toy.models import Note, Topic
from bots.incoming import Incoming
from bots.products import Product
from bots.routing import Router
from tenants import batch

router = Router()
product = Product("toy", "Notes", "Notes of a benchmark.", router)

TITLE = batch.Prepared("toy_title", "SELECT title FROM toy_topic WHERE bot_id = %s", ("bigint",))
INSERT = batch.Prepared(
    "toy_note",
    "INSERT INTO toy_note (tenant_id, topic_id, person_id, text)"
    " SELECT tenant_id, id, %s, %s FROM toy_topic WHERE bot_id = %s",
    ("bigint", "text", "bigint"),
    gives=False,
)


@router.command("note", "Write a note")
def note(incoming: Incoming) -> None:
    """Read and write in one message, as the joins of giveaways do."""
    titles, _none = batch.run(
        [
            (TITLE, [incoming.bot.id]),
            (INSERT, [incoming.person.pk, incoming.args, incoming.bot.id]),
        ]
    )
    incoming.reply(f"Noted on {titles[0][0]}: {incoming.args}")


@router.command("plainnote", "Write a note")
def plain_note(incoming: Incoming) -> None:
    """Read and write as Django code usually does."""
    topic = Topic.objects.get(bot_id=incoming.bot.id)
    Note.objects.create(topic=topic, person_id=incoming.person.pk, text=incoming.args)
    incoming.reply(f"Noted on {topic.title}: {incoming.args}")
