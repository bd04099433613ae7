"""New tenants: from the command line and from the page; their addresses."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import pytest
from django.contrib import messages
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tenants.models import ApiKey, Membership, Tenant, User
from tenants.scoping import scope
from tenants.services import api_keys, tenants
from tenants.services.audit import Actor
from tenants.testing import PASSWORD, make_user

pytestmark = pytest.mark.django_db


# manage.py create_tenant

OPTIONS = {"name": "Lucky 抽獎", "owner_email": "Owner@Example.org", "owner_password": PASSWORD}


def create(capsys: Any, **options: str) -> dict[str, str]:
    call_command("create_tenant", **{**OPTIONS, **options})
    made: dict[str, str] = json.loads(capsys.readouterr().out)
    return made


def test_a_tenant_is_created_from_the_command_line(client: Client, capsys: Any) -> None:
    made = create(capsys)
    assert made.keys() == {"id", "slug", "api_key"}
    tenant = Tenant.objects.get(slug=made["slug"])
    assert (tenant.public_id, tenant.name) == (made["id"], "Lucky 抽獎")
    key = api_keys.verify(made["api_key"], now=timezone.now())
    assert key is not None
    assert (key.tenant_id, key.scopes) == (tenant.pk, [ApiKey.Scope.FULL])
    with scope(tenant):
        assert Membership.objects.get().role == "owner"
    login = {"login": "owner@example.org", "password": PASSWORD}
    assert client.post("/accounts/login/", login)["Location"] == "/t/"  # verified already


def test_an_existing_owner_keeps_the_password(capsys: Any) -> None:
    first, second = create(capsys), create(capsys, owner_password="somebody-else-2026")
    assert first["slug"] != second["slug"]
    user = User.objects.get()
    assert user.check_password(PASSWORD)
    assert user.memberships.model is Membership


@pytest.mark.parametrize("wrong", [{"name": " "}, {"name": "x" * 81}, {"owner_email": "nobody"}])
def test_nonsense_creates_nothing(wrong: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("create_tenant", **{**OPTIONS, **wrong})
    assert not Tenant.objects.exists()
    assert not User.objects.exists()


# Addresses

SLUGS = {"Lucky Draw": "lucky-draw", "Café Größe": "cafe-groe", "a_b": "a-b", "x" * 60: "x" * 33}


@pytest.mark.parametrize(("name", "slug"), SLUGS.items())
def test_a_slug_comes_from_the_name(name: str, slug: str) -> None:
    assert tenants.suggest_slug(name) == slug


@pytest.mark.parametrize("name", ["測試", "!!", "ab", "admin", "New", "operator"])
def test_other_names_get_a_random_one(name: str) -> None:
    slug = tenants.suggest_slug(name)
    assert re.fullmatch(r"[a-z-]+-[0-9a-z]{6}", slug)
    assert not tenants.is_reserved(slug)


def test_a_taken_slug_gets_an_ending_and_an_asked_for_one_is_refused() -> None:
    user, actor = make_user(), Actor.system()
    first = tenants.create_tenant("Lucky", owner=user, actor=actor)
    second = tenants.create_tenant("Lucky", owner=user, actor=actor)
    assert first.slug == "lucky"
    assert re.fullmatch(r"lucky-[0-9a-z]{6}", second.slug)
    for slug in ("lucky", "admin"):
        with pytest.raises(tenants.SlugTaken):
            tenants.create_tenant("Lucky", owner=user, actor=actor, slug=slug)


@pytest.mark.parametrize("slug", ["admin", "taken", "UPPER!", "a--b", "-a-", "測試", "ab"])
def test_the_form_refuses_slugs(client: Client, slug: str) -> None:
    user = make_user()
    Tenant.objects.create(name="x", slug="taken")
    client.force_login(user)
    form = {"name": "x", "slug": slug, "language": "en", "time_zone": "Asia/Taipei"}
    answer = client.post("/new/", form)
    assert answer.context["form"].errors.keys() == {"slug"}


def test_a_new_tenant_takes_its_settings_and_says_so(client: Client) -> None:
    client.force_login(make_user())
    form = {"name": "X", "slug": "Mine-1", "language": "zh-hans", "time_zone": "Europe/Berlin"}
    answer = client.post("/new/", form)
    tenant = Tenant.objects.get()
    assert answer["Location"] == "/t/mine-1/"
    assert (tenant.slug, tenant.language, tenant.time_zone) == (
        "mine-1",
        "zh-hans",
        "Europe/Berlin",
    )
    assert len(list(messages.get_messages(answer.wsgi_request))) == 1
    age = timezone.now() - tenant.created_at
    assert age < datetime.timedelta(minutes=1)
