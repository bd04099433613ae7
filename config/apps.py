"""The project's own app (commands, checks) and the operators' admin."""

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class ConfigApp(AppConfig):
    """Holds the commands that run the whole and the start-up checks."""

    name = "config"

    def ready(self) -> None:
        """Register the checks that refuse an unsafe production, and what closes a demo in it."""
        from config import checks, demo  # noqa: F401 - checks register by decorator

        # only apps with models are told of a migrate, so the one with the users stands in for us
        tenants = apps.get_app_config("tenants")
        post_migrate.connect(demo.close_in_production, sender=tenants, dispatch_uid="demo log-ins")


class OperatorAdmin(AdminConfig):
    """Django admin with the site of `config/admin_site.py` as default."""

    default_site = "config.admin_site.OperatorSite"
