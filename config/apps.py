"""The project's own app (commands, checks) and the operators' admin."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConfigApp(AppConfig):
    """Holds the commands that run the whole and the start-up checks."""

    name = "config"

    def ready(self) -> None:
        """Register the checks that refuse an unsafe production."""
        from config import checks  # noqa: F401 - registers by decorator


class OperatorAdmin(AdminConfig):
    """Django admin with the site of `config/admin_site.py` as default."""

    default_site = "config.admin_site.OperatorSite"
