"""Every page of the operators' admin opens for operators, for nobody else, and shows no secret."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db import connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bots.models import Receipt
from config.tests import operators
from config.tests.operators import Cast
from lottery.models import DrawRecord, Entry, Lottery, Place, Prize
from ovh_sniper.models import StockInterval
from tenants.fields import EncryptedTextField
from tenants.models import AuditEvent, EncryptionCanary, Heartbeat, Tenant, User
from tenants.paging import COUNTED, CappedPaginator
from tenants.scoping import unscoped
from traffic_guard.models import OutboundHour, Reading

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
IDS = [model._meta.label for model in MODELS]
EVERY = pytest.mark.parametrize("model", MODELS, ids=IDS)


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Cast]]:
    """Two tenants with rows of everything, built once: no test here changes them for good."""
    with django_db_blocker.unblock(), transaction.atomic():
        operators.fill_global_tables(operators.make_operator())
        yield [operators.make_cast("acme", rows=2), operators.make_cast("rival", rows=2)]
        transaction.set_rollback(True)


@pytest.fixture
def world(built: list[Cast], db: None) -> list[Cast]:
    return built


@pytest.fixture
def operator(world: list[Cast]) -> Client:
    return operators.logged_in(User.objects.get(is_superuser=True))


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def every_row(model: Any) -> list[Any]:
    with unscoped("tests"):
        return list(model._default_manager.order_by("pk"))


def rows_of(model: Any) -> list[Any]:
    """Return keys of some rows; the test is worth nothing without any."""
    with unscoped("tests"):
        found = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
    assert found, f"no {model._meta.label} to look at"
    return found


def text_of(response: Any) -> str:
    return html.unescape(bytes(response.content).decode())


@EVERY
def test_lists_and_pages_open_and_show_no_secret(
    model: Any, operator: Client, world: list[Cast]
) -> None:
    secrets = [secret for cast in world for secret in cast.secrets]
    pages = [address(model, "changelist"), f"{address(model, 'changelist')}?q=x"]
    pages += [address(model, "changelist") + "?q=900001"]
    first, *_others, last = [*rows_of(model), *rows_of(model)]
    pages += [address(model, page, pk) for pk in (first, last) for page in ("change", "history")]
    for page in pages:
        response = operator.get(page)
        assert response.status_code == 200, page
        shown = text_of(response)
        assert not [secret for secret in secrets if secret in shown], page


@EVERY
def test_pages_to_add_a_row_open_or_are_refused(model: Any, operator: Client) -> None:
    may_add = {"User", "Group", "PeriodicTask", "IntervalSchedule", "CrontabSchedule"}
    response = operator.get(address(model, "add"))
    assert response.status_code == (200 if model.__name__ in may_add else 403)


@EVERY
def test_a_list_opens_where_nothing_is_found(model: Any, operator: Client) -> None:
    assert operator.get(address(model, "changelist") + "?q=nosuchword").status_code == 200


def test_a_huge_table_is_searched_by_what_its_rows_belong_to(
    operator: Client, world: list[Cast]
) -> None:
    def found(model: Any, words: str) -> list[Any]:
        response = operator.get(address(model, "changelist"), {"q": words})
        return list(response.context["cl"].result_list)

    with unscoped("a test"):
        interval = StockInterval.objects.select_related("configuration").earliest("pk")
        reading = Reading.objects.select_related("package", "tenant").earliest("pk")
    assert found(StockInterval, interval.configuration.fqn) == [interval]
    assert found(StockInterval, f"{interval.configuration.fqn} nosuchword") == []
    assert found(Reading, reading.package.cloud_id) == [reading]
    mine = found(Reading, f"{reading.tenant.name} {reading.package.cloud_id[:6]}")
    assert mine == [reading]
    assert {row.tenant_id for row in found(OutboundHour, world[0].tenant.name)} == {
        world[0].tenant.pk
    }


@EVERY
def test_a_tenants_owner_is_refused(model: Any, world: list[Cast]) -> None:
    owner = operators.logged_in(world[0].owner)
    pages = [address(model, "changelist"), address(model, "add")]
    pages += [address(model, "change", pk) for pk in rows_of(model)[:2]]
    for page in pages:
        response = owner.get(page)
        assert response.status_code == 302, page
        assert response["Location"].startswith("/operator/login/")
    assert owner.get(pages[0], follow=True).status_code == 403


@pytest.fixture
def trainee(world: list[Cast]) -> Client:
    """An operator without rights."""
    user = User.objects.create_user("trainee@example.org", "x" * 12, is_staff=True)
    return operators.logged_in(user)


def test_an_operator_without_rights_sees_the_front_page(trainee: Client) -> None:
    assert trainee.get(reverse("admin:index")).status_code == 200


@EVERY
def test_an_operator_without_rights_sees_no_rows(model: Any, trainee: Client) -> None:
    assert trainee.get(address(model, "changelist")).status_code == 403
    assert trainee.get(address(model, "change", rows_of(model)[0])).status_code == 403


@EVERY
def test_a_list_costs_the_same_however_many_rows(
    model: Any, operator: Client, monkeypatch: Any
) -> None:
    operator.get(address(model, "changelist"))  # what is cached once
    with CaptureQueriesContext(connection) as many:
        operator.get(address(model, "changelist"))
    monkeypatch.setattr(admin.site._registry[model], "list_per_page", 1)
    with CaptureQueriesContext(connection) as few:
        operator.get(address(model, "changelist"))
    assert len(many) == len(few)
    assert len(many) <= 8


def test_a_stranger_is_sent_to_everybodys_log_in_page(db: None) -> None:
    response = Client().get("/operator/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_the_operator_sees_all_tenants_here_and_no_tenants_own_page(
    operator: Client, world: list[Cast]
) -> None:
    shown = text_of(operator.get(address(Tenant, "changelist")))
    assert all(f">{cast.tenant.name}</a>" in shown for cast in world)
    assert operator.get(f"/t/{world[0].tenant.slug}/").status_code == 404


def test_receipts_and_keys_have_no_page() -> None:
    assert {Receipt, EncryptionCanary}.isdisjoint(admin.site._registry)


def test_no_page_has_a_field_for_a_secret(rf: Any, db: None) -> None:
    request = rf.get("/operator/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    hidden = (EncryptedTextField, models.BinaryField)
    for model, page in admin.site._registry.items():
        shown = {
            *page.get_list_display(request),
            *flatten_fieldsets(page.get_fieldsets(request, model())),
        }
        secret = {one.name for one in model._meta.fields if isinstance(one, hidden)}
        secret |= {"password", "data"} if model.__name__ != "Notice" else set()
        assert shown.isdisjoint(secret), model


@pytest.mark.parametrize("model", [Lottery, Entry, DrawRecord, Place])
def test_nobody_sets_a_winner_or_a_weight(model: Any, operator: Client, world: list[Cast]) -> None:
    before = [list(every_row(one)) for one in (Lottery, Prize, Entry, DrawRecord, Place)]
    weights = [one.weight for one in every_row(Entry)]
    page: Any = admin.site._registry[model]
    assert page.list_editable == ()
    assert page.operations == ()
    assert not page.actions
    pk = rows_of(model)[0]
    data = {
        "weight": 99,
        "position": 1,
        "entry": 1,
        "state": "drawn",
        "title": "x",
        "_save": "1",
    }
    assert operator.post(address(model, "change", pk), data).status_code == 403
    assert operator.post(address(model, "delete", pk), {"post": "yes"}).status_code == 403
    assert operator.post(address(model, "add"), data).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    operator.post(address(model, "changelist"), action)
    assert [list(every_row(one)) for one in (Lottery, Prize, Entry, DrawRecord, Place)] == before
    assert [one.weight for one in every_row(Entry)] == weights


def test_no_api_takes_a_winner_or_a_weight(db: None) -> None:
    from drf_spectacular.generators import SchemaGenerator

    generator: Any = SchemaGenerator
    schema = generator().get_schema(public=True)
    taken = {
        name
        for title, part in schema["components"].get("schemas", {}).items()
        if "Request" in title or "Patched" in title or "Create" in title
        for name, told in part.get("properties", {}).items()
        if not told.get("readOnly")
    }
    decides = {"winner", "winners", "weight", "position", "place", "entry_no", "ticket_end"}
    assert taken.isdisjoint(decides | {"salt", "tag", "secret", "beacon"})


@pytest.mark.parametrize("model", [AuditEvent, Heartbeat])
def test_what_is_noted_is_never_changed(model: Any, operator: Client) -> None:
    pk = rows_of(model)[0]
    assert operator.post(address(model, "change", pk), {"action": "x"}).status_code == 403
    assert operator.post(address(model, "delete", pk), {"post": "yes"}).status_code == 403


def test_the_audit_log_outlives_the_tenant(operator: Client, world: list[Cast]) -> None:
    event = AuditEvent(tenant_id=999_999, actor_kind="system", action="tenant.created")
    with unscoped("tests"):
        event.save()
    assert "#999999" in text_of(operator.get(address(AuditEvent, "changelist")))
    assert "#999999" in text_of(operator.get(address(AuditEvent, "change", event.pk)))


def test_a_huge_table_is_not_counted_to_its_end(world: list[Cast], monkeypatch: Any) -> None:
    monkeypatch.setattr("tenants.paging.COUNTED", 3)
    with unscoped("tests"):
        paginator = CappedPaginator(AuditEvent.objects.order_by("pk"), 2)
        assert str(paginator.count) == "3+"
        assert paginator.num_pages == 2
        assert len(paginator.page(2)) == 1
    assert COUNTED == 10_000
    assert CappedPaginator(list(range(5)), 2).count == 5


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_pages_open_in_every_language(language: str, operator: Client, world: list[Cast]) -> None:
    User.objects.filter(is_superuser=True).update(language=language)
    response = operator.get("/operator/")
    assert f'lang="{language}"' in text_of(response)
