"""A browser at the giveaways' pages."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from bots.models import Bot
from lottery.models import Lottery
from tenants.models import Membership, Tenant, User
from tenants.scoping import scope


def browser(email: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=email))
    return client


def member(tenant: Tenant, role: str) -> Client:
    user = User.objects.create_user(f"{role}@example.org", "password")
    with scope(tenant):
        Membership.objects.create(user=user, role=role)
    return browser(user.email)


def url(tenant: Tenant, rest: str = "") -> str:
    return f"/t/{tenant.slug}/giveaways/{rest}"


def local(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def typed(bot: Bot, **changes: Any) -> dict[str, Any]:
    """What a browser sends of a filled form."""
    tomorrow = timezone.now() + timedelta(days=1)
    data = {
        "title": "Summer raffle",
        "text": "Be there",
        "starts_at": "",
        "ends_at": local(tomorrow),
        "time_zone": "UTC",
        "bot": bot.public_id,
        "chat": "",
        "reserves": "0",
        "prizes-TOTAL_FORMS": "1",
        "prizes-INITIAL_FORMS": "0",
        "prizes-0-name": "Phone",
        "prizes-0-count": "1",
        "publish": "1",
    }
    return {**data, **{name.replace("__", "-"): value for name, value in changes.items()}}


def png(width: int = 40, height: int = 30, kind: str = "PNG") -> SimpleUploadedFile:
    data = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(data, kind)
    return SimpleUploadedFile(f"a.{kind.lower()}", data.getvalue())


def all_of(tenant: Tenant) -> list[Lottery]:
    with scope(tenant, transaction=False):
        return list(Lottery.objects.select_related("bot", "chat").order_by("pk"))
