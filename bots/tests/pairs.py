"""What the tests of shared commands and recipients share: two products on one bot, and staff."""

from __future__ import annotations

from bots.incoming import Incoming
from bots.models import Bot, Person, StaffLink
from bots.products import Product
from bots.routing import PASS, Pass, Router
from bots.testing import Someone, delivered
from tenants.models import Membership, User
from tenants.scoping import scope


def guard(slug: str, *, staff: str | None = "viewer", known: tuple[str, ...] = ()) -> Product:
    """Return a product with /status for a role, /start and words, and texts that it may know."""
    router = Router()

    @router.command("status", f"How {slug} stands", staff=staff)
    def status(incoming: Incoming) -> None:
        who = incoming.person.first_name
        incoming.reply(f"{slug} ({incoming.product}) for {who}: {incoming.args}".strip())

    @router.command(slug, f"Open {slug}")
    def only_mine(incoming: Incoming) -> None:
        incoming.reply(f"only {slug}")

    @router.start_words(staff="operator")
    def begin(incoming: Incoming, words: str) -> Pass | None:
        if words not in known:
            return PASS
        incoming.reply(f"{slug} starts {words}")
        return None

    @router.start(f"{slug}_")
    def deep(incoming: Incoming, rest: str) -> None:
        incoming.reply(f"{slug} link {rest}")

    @router.private_text(r"[a-z0-9 -]+")
    def hear(incoming: Incoming) -> Pass | None:
        if incoming.text not in known:
            return PASS if slug == "alpha" else Pass(lambda: incoming.reply(f"{slug} knows none"))
        incoming.reply(f"{slug} knows {incoming.text}")
        return None

    return Product(slug, slug.title(), "For tests", router, menu_command="status")


def link(bot: Bot, someone: Someone, role: str = "operator") -> User:
    """Tie somebody to a member of the bot's tenant with this role."""
    someone.says("/help")
    delivered(bot)
    user: User = User.objects.create_user(f"{someone.telegram_id}@acme.example", "x" * 12)
    with scope(bot.tenant):
        member = Membership.objects.create(user=user, role=role)
        person = Person.objects.get(bot=bot, telegram_id=someone.telegram_id)
        StaffLink.objects.create(membership=member, person=person)
    return user
