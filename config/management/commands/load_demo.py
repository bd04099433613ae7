"""Loads the demo: two log-ins, a tenant, a bot at the emulator, and what its products show.

Run as often as you like: what is there stays as it is. The supervisor runs it after the emulators
are up and the tables are migrated, and before the web server: setWebhook does not need that.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from bots import demo
from bots.models import Bot
from bots.services.obstacles import CannotConnect
from config.demo import OPERATOR, USER, close_well_known, passwords
from tenants.models import Tenant, User
from tenants.services import tenants
from tenants.services.audit import Actor

NAME, SLUG = "Harbor Demo", "demo"


class Command(BaseCommand):
    """Prints how to log in; the supervisor shows it once everything answers."""

    help = __doc__.partition("\n")[0] if __doc__ else ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing."""
        del args, options
        if settings.PRODUCTION:
            raise CommandError("The demo is never loaded in production.")
        words = passwords()
        close_well_known(words)
        tenant = load_tenant(words[USER])
        operator = tenants.ensure_owner(OPERATOR, words[OPERATOR])
        User.objects.filter(pk=operator.pk).update(is_staff=True, is_superuser=True)
        if settings.EMULATORS:
            try:
                bot = demo.load(tenant, settings.DEMO_BOT_TOKEN)
            except CannotConnect as error:
                raise CommandError(f"The demo bot cannot be connected: {error.message}") from error
            if bot is not None:
                load_products(tenant, bot)
        self.stdout.write(f"Demo:     {USER}  password: {words[USER]}")
        self.stdout.write(f"Operator: {OPERATOR}  password: {words[OPERATOR]}  (/operator/)")


def load_tenant(password: str) -> Tenant:
    """Return the demo tenant, made where it is missing."""
    found = Tenant.objects.filter(slug=SLUG).first()
    if found is not None:
        return found
    with transaction.atomic():
        owner = tenants.ensure_owner(USER, password)
        tenant = tenants.create_tenant(NAME, owner=owner, actor=Actor.system())
        # a reserved address: nobody else gets it
        tenant.slug = SLUG
        tenant.save(update_fields=["slug"])
    return tenant


def load_products(tenant: Tenant, bot: Bot) -> None:
    """Let each product that has a `demo` module show something."""
    for config in apps.get_app_configs():
        if hasattr(config, "bot_product") and find_spec(f"{config.name}.demo"):
            import_module(f"{config.name}.demo").load(tenant, bot)
