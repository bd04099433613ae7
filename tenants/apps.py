"""The bottom layer: tenants, members, scopes, secrets."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    """Closes the leaks of django-scopes and keeps row-level security on."""

    name = "tenants"
    portal_nav = "tenants.navigation.ITEMS"
    audit_labels = "tenants.audit_labels.LABELS"
    verbose_name = _("Tenants")

    def ready(self) -> None:
        """Register what must hold before the first query."""
        from tenants import append_only, checks, rls, scoping  # noqa: F401 - need the app registry
        from tenants.models.canary import write_canary

        scoping.close_leaks()
        # no sender: a new product's tables must be guarded in the same migrate
        post_migrate.connect(rls.enforce, dispatch_uid="row-level security")
        post_migrate.connect(append_only.enforce, sender=self, dispatch_uid="append-only audit")
        post_migrate.connect(write_canary, sender=self, dispatch_uid="encryption canary")
