"""The tables of the bottom layer."""

from tenants.models.account_mail import AccountMail
from tenants.models.api_key import ApiKey
from tenants.models.audit import AppendOnly, AuditEvent
from tenants.models.canary import EncryptionCanary
from tenants.models.heartbeat import Heartbeat, Lease
from tenants.models.owned import TenantManager, TenantOwned, TenantQuerySet
from tenants.models.tenant import Membership, Tenant
from tenants.models.user import User

__all__ = [
    "AccountMail",
    "ApiKey",
    "AppendOnly",
    "AuditEvent",
    "EncryptionCanary",
    "Heartbeat",
    "Lease",
    "Membership",
    "Tenant",
    "TenantManager",
    "TenantOwned",
    "TenantQuerySet",
    "User",
]
