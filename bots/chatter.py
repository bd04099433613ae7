"""What every bot understands: /start /help /language /privacy /cancel, and what it says else."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.buttons import Button
from bots.incoming import Incoming
from bots.messages import Keyboard, Press
from bots.products import Product, installed, table
from bots.routing import Match, Route, Router, may_reach, run
from bots.services import staff
from bots.tables import described

router = Router()


class OpenProduct(Button, prefix="b!open"):
    """Opens a product from the main menu."""

    product: str


class ChooseLanguage(Button, prefix="b!lang"):
    """Sets the person's language."""

    language: str


def main_menu(incoming: Incoming) -> Keyboard:
    """Return a button for each product that is switched on and has an entry for this person."""
    products = installed()
    return [
        [Press(products[slug].title, OpenProduct(slug))]
        for slug in incoming.bot.products
        if slug in products and _has_entry(incoming, products[slug])
    ]


def _has_entry(incoming: Incoming, product: Product) -> bool:
    route = product.router.commands.get(product.menu_command)
    return route is not None and may_reach(route, incoming)


@router.command("start", gettext_lazy("Open the main menu"))
def start(incoming: Incoming) -> None:
    incoming.forget()
    incoming.reply(
        format_html(
            _("Hello {name}! This is <b>@{bot}</b>. What would you like to do?"),
            name=incoming.person.first_name or incoming.person.full_name,
            bot=incoming.bot.username,
        ),
        keyboard=main_menu(incoming) if incoming.chat.is_private else None,
    )


@router.command("help", gettext_lazy("What this bot can do"))
def show_help(incoming: Incoming) -> None:
    commands = [
        (name, described(mine))
        for name, route in table(incoming.bot.products).commands.items()
        if (mine := [one for one in route.options or (route,) if _is_shown(one, incoming)])
    ]
    incoming.reply(
        format_html(
            "<b>{}</b>\n\n{}",
            _("What this bot can do"),
            format_html_join("\n", "/{} – {}", commands),
        ),
    )


def _is_shown(route: Route, incoming: Incoming) -> bool:
    return route.in_menu and may_reach(route, incoming)


@router.button(OpenProduct)
def open_product(incoming: Incoming, button: OpenProduct) -> None:
    product = installed().get(button.product)
    if product is None or button.product not in incoming.bot.products:
        stale_button(incoming)
        return
    route = table(incoming.bot.products).command_of(product.slug, product.menu_command)
    if route is not None:
        run(Match(route), incoming)


@router.command("language", gettext_lazy("Choose your language"))
def choose_language(incoming: Incoming) -> None:
    keyboard = [[Press(name, ChooseLanguage(code))] for code, name in settings.LANGUAGES]
    incoming.reply(_("Which language should I speak?"), keyboard=keyboard)


@router.button(ChooseLanguage)
def set_language(incoming: Incoming, button: ChooseLanguage) -> None:
    if button.language not in dict(settings.LANGUAGES):
        stale_button(incoming)
        return
    incoming.person.language = button.language
    incoming.person.save(update_fields=["language"])
    with translation.override(button.language):
        incoming.edit(_("All right, I speak English from now on."))


@router.command("privacy", gettext_lazy("What this bot knows about you"))
def privacy(incoming: Incoming) -> None:
    person = incoming.person
    incoming.reply(
        format_html(
            "<b>{}</b>\n\n{}\n\n{}",
            _("What this bot knows about you"),
            _(
                "Your Telegram ID (%(number)s), the name, user name and language that Telegram "
                "shows, when you first and last wrote here, and what you did with this bot. None "
                "of it is shared with other bots."
            )
            % {"number": person.telegram_id},
            _("Processed updates are deleted after 48 hours."),
        )
    )


@router.command("cancel", gettext_lazy("Stop what we are doing"))
def cancel(incoming: Incoming) -> None:
    incoming.forget()
    incoming.reply(_("All right, let us start over. /help shows what I can do."))


@router.start("link_")
def link_staff(incoming: Incoming, code: str) -> None:
    if not incoming.chat.is_private:
        return
    outcome = staff.redeem(code, incoming.person)
    texts = {
        staff.Outcome.LINKED: _("Done: your Telegram account is linked to your portal account."),
        staff.Outcome.ALREADY: _("Your account is already linked."),
        staff.Outcome.UNKNOWN: _("This link is not valid any more. Make a new one in the portal."),
    }
    incoming.reply(texts[outcome])


def stale_button(incoming: Incoming) -> None:
    """Answer a press on a button that is old, forged or belongs to a product switched off."""
    incoming.toast(_("This button is no longer in use. Send /start for the menu."), alert=True)


def expired(incoming: Incoming) -> None:
    """Answer a text that comes after its question was forgotten."""
    incoming.forget()
    incoming.reply(_("That took a while, so I have forgotten where we were. Send /help."))


def unknown(incoming: Incoming) -> None:
    """Answer what nobody understands."""
    incoming.reply(
        _("Sorry, I did not understand that. /help shows what I can do."),
        keyboard=main_menu(incoming) or None,
    )


def staff_only(incoming: Incoming) -> None:
    """Answer somebody who has not linked an account with enough rights."""
    incoming.toast(_("This is for the team of this bot only."))
