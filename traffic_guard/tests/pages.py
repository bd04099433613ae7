"""A browser at the product's pages."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from tenants.models import Tenant, User
from tenants.testing import make_member


def browser(email: str) -> Client:
    """Return the browser of somebody who is logged in."""
    return _logged_in(User.objects.get(email=email))


def member(tenant: Tenant, role: str) -> Client:
    """Return the browser of a new member with a role."""
    return _logged_in(make_member(tenant, role))


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(tenant: Tenant, rest: str = "") -> str:
    """Return the address of a page of the product."""
    return f"/t/{tenant.slug}/traffic/{rest}"


def text_of(response: Any) -> str:
    """Return what a page says, without its tags, each run of spaces as one."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(plain.split())
