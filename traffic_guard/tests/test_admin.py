"""The product's lists in the operators' admin: in words, without secrets, to look at only."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from bots.models import Bot
from bots.testing import Someone
from tenants.models import Tenant, User
from tenants.scoping import scope
from traffic_guard.models import (
    Account,
    Bulletin,
    ChatRequest,
    Decision,
    Package,
    PlannedStop,
    PowerAction,
    Server,
)
from traffic_guard.testing import make_account, make_package, make_server
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.planned import announced, low_server

pytestmark = pytest.mark.django_db
MODELS = [one for one in admin.site._registry if one._meta.app_label == "traffic_guard"]


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "x" * 12))
    return client


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return html.unescape(bytes(response.content).decode())


def path(model: Any, pk: int | None = None) -> str:
    page = f"/operator/traffic_guard/{model._meta.model_name}/"
    return page if pk is None else f"{page}{pk}/change/"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_can_be_done_here(model: Any) -> None:
    page: Any = admin.site._registry[model]
    assert page.operations == ()
    assert not page.actions
    assert page.list_editable == ()
    for may in ("has_add_permission", "has_change_permission", "has_delete_permission"):
        assert getattr(page, may)(None) is False


def test_an_accounts_findings_are_told_in_words_and_its_keys_are_not(
    operator: Client, tenant: Tenant
) -> None:
    account = make_account(
        tenant,
        state="limited",
        findings=[
            {"code": "missing", "api": "ces", "action": "ces:metricData:list"},
            {"code": "frozen"},
        ],
    )
    shown = text_of(operator.get(path(Account, account.pk)))
    assert "The keys may not: read live traffic" in shown
    assert shown.index("The account is frozen") < shown.index("The keys may not")
    assert "The account is frozen" in text_of(operator.get(path(Account)))
    assert account.access_key not in shown
    assert account.secret_key not in shown


def test_a_stop_is_told_from_the_plan_to_the_proof(operator: Client, guarded: Guarded) -> None:
    guarded.add_server()
    [plan] = guarded.runs_low()
    shown = text_of(operator.get(path(PlannedStop, plan.pk)))
    assert '"threshold_percent": [' in shown
    with scope(guarded.tenant):
        action = PowerAction.objects.create(
            server_id=plan.server_id,
            kind="stop",
            origin="guard",
            request_key="k",
            state="unverified",
            seen_power="running",
        )
        planned = Decision.objects.get(code="planned")
    assert "It still runs, and uses traffic." in text_of(operator.get(path(PowerAction, action.pk)))
    listed = text_of(operator.get(path(Decision)))
    assert "web" in listed
    assert '"auto_stop": [' in text_of(operator.get(path(Decision, planned.pk)))


def test_a_servers_page_leads_to_what_belongs_to_it(operator: Client, tenant: Tenant) -> None:
    server = make_server(make_account(tenant))
    package = make_package(server, left=40)
    with scope(tenant):
        Package.objects.update(trouble="unknown_unit")
        Server.objects.update(remaining_bytes=package.remaining_bytes)
    shown = text_of(operator.get(path(Server, server.pk)))
    assert "40 GB" in shown
    link = f"{path(Package)}?servers__id__exact={server.pk}"
    assert link in shown
    assert "the amount is in a unit that is not known" in text_of(operator.get(link))


def test_what_was_told_and_asked_for_in_chats_names_its_servers(
    operator: Client, bot: Bot, oscar: Someone
) -> None:
    [plan] = announced(low_server(make_account(bot.tenant)))
    oscar.says("/stop web-1")
    with scope(bot.tenant):
        told, asked = Bulletin.objects.get(), ChatRequest.objects.get()
    assert "web-1 (stop)" in text_of(operator.get(path(Bulletin, told.pk)))
    shown = text_of(operator.get(path(ChatRequest, asked.pk)))
    assert ">web-1<" in re.sub(r"\s+", "", shown)
    assert f"{path(Bulletin)}{told.pk}/" in text_of(operator.get(f"{path(Bulletin)}?q=web-1"))
    assert plan.state == PlannedStop.State.WAITING


def test_lists_are_filtered_by_tenant_and_state(
    operator: Client, tenant: Tenant, stranger: Tenant
) -> None:
    ours = make_server(make_account(tenant), power="stopped")
    theirs = make_server(make_account(stranger), "db-1")
    queries = {
        "": {ours.pk, theirs.pk},
        f"tenant__id__exact={tenant.pk}": {ours.pk},
        "power__exact=stopped": {ours.pk},
        "q=db-1": {theirs.pk},
        "q=Charlie": {theirs.pk},
    }
    for query, expected in queries.items():
        response = operator.get(f"{path(Server)}?{query}")
        found = {server.pk for server in response.context["cl"].result_list}
        assert found == expected, query
