"""Keys for the REST API."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models.owned import TenantOwned


class ApiKey(TenantOwned):
    """A hashed key: `bh_live_<prefix>_<secret>`; only the prefix is ever shown again."""

    class Scope(models.TextChoices):
        """What a key may do. FULL includes all others, also those of products to come."""

        FULL = "full", _("everything")
        BOTS_READ = "bots:read", _("read bots")
        BOTS_WRITE = "bots:write", _("change bots")
        LOTTERY_READ = "lottery:read", _("read giveaways")
        LOTTERY_WRITE = "lottery:write", _("change giveaways")
        OVH_READ = "ovh:read", _("read OVH stock, wishes and orders")
        OVH_WRITE = "ovh:write", _("change OVH wishes, accounts and settings")
        OVH_ORDER = "ovh:order", _("order servers at OVH")
        OVH_PAY = "ovh:pay", _("pay for orders at OVH and withdraw from them")
        TRAFFIC_READ = "traffic:read", _("read cloud servers, their traffic and decisions")
        TRAFFIC_WRITE = "traffic:write", _("change cloud accounts, traffic policies and settings")
        TRAFFIC_POWER = "traffic:power", _("stop and start cloud servers")

    name = models.CharField(_("name"), max_length=60)
    prefix = models.CharField(max_length=10, unique=True, editable=False)
    secret_digest = models.BinaryField(max_length=32, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta(TenantOwned.Meta):
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} (bh_live_{self.prefix}_…)"
