"""What happened to secrets, bots, members and draws; rows are only ever added."""

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models.owned import TenantManager, TenantOwned, TenantQuerySet


class AppendOnly(TypeError):
    """Somebody tried to change or delete an audit event."""


class AuditQuerySet(TenantQuerySet["AuditEvent"]):
    """A queryset without update and delete."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly("Audit events are never changed.")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnly("Audit events are never deleted.")


class AuditManager(TenantManager["AuditEvent"]):
    """Manager of the append-only queryset."""

    _queryset_class: ClassVar[type[TenantQuerySet[Any]]] = AuditQuerySet


class AuditEvent(TenantOwned):
    """One act: who did what to which object, with secrets left out."""

    class Actor(models.TextChoices):
        """Who can act."""

        USER = "user", _("member")
        API_KEY = "api_key", _("API key")
        PERSON = "person", _("bot user")
        SYSTEM = "system", _("system")
        OPERATOR = "operator", _("operator of the installation")

    # No database constraint and no cascade: the record outlives what it speaks of.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)
    actor_kind = models.CharField(max_length=10, choices=Actor)
    actor_name = models.CharField(max_length=150, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    action = models.CharField(_("action"), max_length=60)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    object_name = models.CharField(max_length=120, blank=True)
    detail = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True)

    objects: ClassVar[AuditManager] = AuditManager()

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "-at"], name="audit_by_time")]
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """Add; never change."""
        if not self._state.adding:
            raise AppendOnly("Audit events are never changed.")
        super().save_base(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly("Audit events are never deleted.")
