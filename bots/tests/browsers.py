"""Browsers of a tenant's members, for the tests of its pages."""

from __future__ import annotations

from django.test import Client

from tenants.models import Membership, Tenant, User
from tenants.scoping import scope

ROLES = ("owner", "admin", "operator", "viewer")


def login(tenant: Tenant | None, role: str = "owner") -> Client:
    """Log a new user in who has this role in the tenant, or who has no tenant at all."""
    user = User.objects.create_user(f"{role}@example.com", "irrelevant")
    if tenant is not None:
        with scope(tenant):
            Membership.objects.create(tenant=tenant, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client
