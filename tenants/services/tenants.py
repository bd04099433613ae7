"""Founds tenants and changes what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from tenants.ids import random_text
from tenants.models import Membership, Tenant, User
from tenants.scoping import scope
from tenants.services import audit

if TYPE_CHECKING:
    from tenants.services.audit import Actor

# Names of our own that must not read as a tenant's.
RESERVED_SLUGS = frozenset(
    {
        "account",
        "accounts",
        "admin",
        "api",
        "app",
        "billing",
        "botharbor",
        "demo",
        "docs",
        "health",
        "help",
        "i18n",
        "login",
        "logout",
        "media",
        "metrics",
        "new",
        "operator",
        "settings",
        "signup",
        "static",
        "status",
        "support",
        "t",
        "tenants",
        "www",
    }
)
MAX_SLUG = Tenant._meta.get_field("slug").max_length or 40
MIN_SLUG = 3


class SlugTaken(ValueError):
    """Another tenant has this address, or it is reserved."""


def suggest_slug(name: str) -> str:
    """Return a free-looking address for a name; names without Latin letters get a random one."""
    slug = slugify(name)[: MAX_SLUG - 7].strip("-_").replace("_", "-")
    if len(slug) >= MIN_SLUG and slug not in RESERVED_SLUGS:
        return slug
    return f"{slug or 'team'}-{random_text(6).lower()}"


def is_reserved(slug: str) -> bool:
    """Tell whether no tenant may have this address."""
    return slug.lower() in RESERVED_SLUGS


def create_tenant(
    name: str,
    *,
    owner: User,
    actor: Actor,
    slug: str = "",
    language: str = "en",
    time_zone: str = "Asia/Taipei",
) -> Tenant:
    """Create a tenant with its owner; without a slug the address comes from the name.

    Raises:
        SlugTaken: the slug that was asked for is not free.
    """
    if slug and is_reserved(slug):
        raise SlugTaken(slug)
    wanted = slug or suggest_slug(name)
    while True:
        tenant = Tenant(name=name, slug=wanted, language=language, time_zone=time_zone)
        try:
            with transaction.atomic():
                tenant.save(force_insert=True)
                with scope(tenant):
                    Membership.objects.create(user=owner, role=Membership.Role.OWNER)
                    audit.record("tenant.created", actor=actor, target=tenant, owner=owner.email)
        except IntegrityError:
            if not Tenant.objects.filter(slug=wanted).exists():
                raise  # it was not about the address
            if slug:
                raise SlugTaken(slug) from None
            wanted = f"{suggest_slug(name)[: MAX_SLUG - 7]}-{random_text(6).lower()}"
        else:
            return tenant


def change_settings(
    tenant: Tenant, *, name: str, language: str, time_zone: str, actor: Actor
) -> None:
    """Change a tenant's name, default language or time zone; needs its scope."""
    wanted = {"name": name, "language": language, "time_zone": time_zone}
    changes = {
        field: [getattr(tenant, field), value]
        for field, value in wanted.items()
        if getattr(tenant, field) != value
    }
    if not changes:
        return
    for field, (_before, after) in changes.items():
        setattr(tenant, field, after)
    with transaction.atomic():
        tenant.save(update_fields=list(changes))
        audit.record("tenant.changed", actor=actor, target=tenant, **changes)


def ensure_owner(email: str, password: str) -> User:
    """Return the user with this address, verified; a new one gets the password.

    Somebody who exists keeps his password: whoever runs a command must not take over a log-in.
    """
    email = email.strip().lower()
    with transaction.atomic():
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, password)
        EmailAddress.objects.update_or_create(
            user=user, email=email, defaults={"verified": True, "primary": True}
        )
    return user
