"""Tenants and who belongs to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.ids import public_id
from tenants.models.owned import TenantOwned


class Tenant(models.Model):
    """A customer: owns bots and everything behind them."""

    class State(models.TextChoices):
        """Whether the tenant's bots work."""

        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    slug = models.SlugField(_("address"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Taipei")
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")

    def __str__(self) -> str:
        return self.name


class Membership(TenantOwned):
    """A user's place in a tenant; the role says what he may do (docs/architecture.md)."""

    class Role(models.TextChoices):
        """From most to least: each role may do all that the later ones may."""

        OWNER = "owner", _("owner")
        ADMIN = "admin", _("admin")
        OPERATOR = "operator", _("operator")
        VIEWER = "viewer", _("viewer")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="one_membership_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"

    def may(self, role: str) -> bool:
        """Tell whether this member has at least the rights of `role`."""
        order = list(self.Role.values)
        return order.index(self.role) <= order.index(role)
