"""What operators do: each act works once, is noted in the tenant, and needs the right to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from bots.models import Bot, FailedUpdate, OutboxMessage, Receipt
from bots.services import connecting
from bots.testing import Someone, outgoing, post
from config.tests import operators
from config.tests.operators import Cast
from emulators.telegram.world import DEMO_TOKEN
from tenants.models import ApiKey, AuditEvent, Membership, Tenant, User
from tenants.scoping import scope, unscoped
from tenants.testing import mails

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator


@pytest.fixture
def acme(db: None) -> Cast:
    return operators.make_cast("acme")


@pytest.fixture
def operator(db: None) -> Client:
    return operators.logged_in(operators.make_operator())


def page(row: Any, name: str = "change") -> str:
    meta = row._meta
    if name == "change":
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=[row.pk])


def from_list(client: Client, action: str, *rows: Any) -> Any:
    meta = rows[0]._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    chosen = [row.pk for row in rows]
    return client.post(url, {"action": action, "_selected_action": chosen}, follow=True)


def again(row: Any) -> Any:
    with unscoped("tests"):
        return type(row)._default_manager.get(pk=row.pk)


def events(tenant: Tenant, action: str) -> list[AuditEvent]:
    with scope(tenant, transaction=False):
        return list(AuditEvent.objects.filter(action=action, actor_kind="operator"))


def test_a_button_asks_first_and_acts_by_post_only(operator: Client, acme: Cast) -> None:
    url = page(acme.tenant, "suspend")
    asked = operator.get(url)
    assert b"Its bots stop answering at once" in asked.content
    assert again(acme.tenant).state == "active"
    done = operator.post(url)
    assert done.headers["HX-Redirect"] == page(acme.tenant)
    assert again(acme.tenant).state == "suspended"
    assert b"1 tenant is suspended." in operator.get(page(acme.tenant)).content
    assert Client(enforce_csrf_checks=True).post(url).status_code == 403


def test_a_suspended_tenants_bots_fall_silent_at_once(operator: Client, acme: Cast) -> None:
    person = Someone(acme.bot)
    assert person.says("/start").call
    from_list(operator, "suspend", acme.tenant)
    silent = person.says("/start")
    assert (silent.status, silent.call) == (200, None)
    [event] = events(acme.tenant, "tenant.suspended")
    assert event.actor_name == "operator@example.org"
    assert event.ip == "127.0.0.1"
    from_list(operator, "suspend", acme.tenant)
    assert len(events(acme.tenant, "tenant.suspended")) == 1


def test_a_reactivated_tenant_works_again(operator: Client, acme: Cast) -> None:
    operator.post(page(acme.tenant, "suspend"))
    operator.post(page(acme.tenant, "reactivate"))
    assert Someone(acme.bot).says("/start").call
    assert events(acme.tenant, "tenant.reactivated")


def test_a_tenants_name_is_changed_and_noted(operator: Client, acme: Cast) -> None:
    data = {"name": "Acme & Co", "language": "zh-hant", "time_zone": "Asia/Tokyo"}
    response = operator.post(page(acme.tenant), data | empty_members(acme.tenant))
    assert response.status_code == 302
    assert again(acme.tenant).name == "Acme & Co"
    [event] = events(acme.tenant, "tenant.changed")
    assert event.detail["name"] == ["acme", "Acme & Co"]


def empty_members(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    """Return what the form about members sends where nobody changes anything."""
    with scope(tenant, transaction=False):
        [member] = Membership.objects.all()
    counts = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 1, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000}
    none = counts | {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}
    shown = {f"members-{name}": value for name, value in counts.items()}
    added = {f"new_members-{name}": value for name, value in none.items()}
    row = {"id": member.pk, "tenant": tenant.pk, "role": member.role}
    return shown | added | {f"members-0-{k}": v for k, v in row.items()} | changes


def tenant_data(acme: Cast, **changes: Any) -> dict[str, Any]:
    basics = {"name": "acme", "language": "en", "time_zone": "Asia/Taipei"}
    return basics | empty_members(acme.tenant) | changes


def test_members_are_added_and_a_tenant_keeps_an_owner(operator: Client, acme: Cast) -> None:
    new = User.objects.create_user("new@example.org", "x" * 12)
    added = {
        "new_members-TOTAL_FORMS": 1,
        "new_members-0-user": new.pk,
        "new_members-0-role": "owner",
    }
    assert operator.post(page(acme.tenant), tenant_data(acme, **added)).status_code == 302
    [event] = events(acme.tenant, "member.added")
    assert event.detail == {"role": "owner", "email": "new@example.org"}
    assert not events(acme.tenant, "tenant.changed")


@pytest.mark.parametrize(("box", "value"), [("role", "viewer"), ("DELETE", "on")])
def test_the_last_owner_stays(operator: Client, acme: Cast, box: str, value: str) -> None:
    response = operator.post(page(acme.tenant), tenant_data(acme, **{f"members-0-{box}": value}))
    assert b"A tenant needs an owner" in response.content
    with scope(acme.tenant):
        assert Membership.objects.get().role == "owner"


def test_a_parked_update_is_run_again(operator: Client, acme: Cast) -> None:
    person = Someone(acme.bot)
    update = person.message("/start")
    with scope(acme.tenant):
        failed = FailedUpdate.objects.get(pk=acme.failed.pk)
        failed.update, failed.update_id = update, update["update_id"]
        failed.save()
        Receipt.objects.create(
            bot_id=acme.bot.pk,
            update_id=failed.update_id,
            received_at=failed.last_at,
            is_parked=True,
        )
    waiting = len(outgoing(acme.bot))
    operator.post(page(failed, "replay"))
    assert again(failed).state == "done"
    assert len(outgoing(acme.bot)) == waiting + 1
    [event] = events(acme.tenant, "update.replayed")
    assert event.detail == {"update_id": failed.update_id, "worked": True}
    shown = from_list(operator, "replay", failed)
    assert b"1 update did not go through" in shown.content
    assert len(outgoing(acme.bot)) == waiting + 1
    assert not post(acme.bot, update).call


def test_a_suspended_tenants_update_stays_parked(operator: Client, acme: Cast) -> None:
    with scope(acme.tenant):
        FailedUpdate.objects.filter(pk=acme.failed.pk).update(
            update=Someone(acme.bot).message("/start") | {"update_id": acme.failed.update_id}
        )
    operator.post(page(acme.tenant, "suspend"))
    from_list(operator, "replay", acme.failed)
    assert again(acme.failed).state == "parked"
    assert events(acme.tenant, "update.replayed")[0].detail["worked"] is False


def test_messages_are_retried_and_cancelled_once(operator: Client, acme: Cast) -> None:
    from_list(operator, "retry", acme.message)
    retried = again(acme.message)
    assert (retried.state, retried.attempts, retried.error) == ("due", 0, "")
    assert b"1 message had not failed" in from_list(operator, "retry", acme.message).content
    assert len(events(acme.tenant, "messages.retried")) == 1
    operator.post(page(acme.message, "cancel"))
    assert again(acme.message).state == "cancelled"
    assert events(acme.tenant, "messages.cancelled")[0].detail["message"] == acme.message.pk


@pytest.mark.parametrize("state", ["sending", "sent", "blocked", "cancelled"])
def test_what_is_on_its_way_is_neither_retried_nor_cancelled(
    state: str, operator: Client, acme: Cast
) -> None:
    with scope(acme.tenant):
        OutboxMessage.objects.filter(pk=acme.message.pk).update(state=state)
    for name in ("retry", "cancel"):
        from_list(operator, name, acme.message)
        shown = operator.get(page(acme.message)).content
        assert page(acme.message, name).encode() not in shown
        assert again(acme.message).state == state
    assert not events(acme.tenant, "messages.cancelled")


def test_a_key_is_revoked(operator: Client, acme: Cast) -> None:
    with scope(acme.tenant):
        key = ApiKey.objects.get(pk=acme.api_key_pk)
    operator.post(page(key, "revoke"))
    assert again(key).revoked_at
    assert events(acme.tenant, "api_key.revoked")
    assert b"was revoked already" in from_list(operator, "revoke", key).content


def test_a_bot_is_switched_off_at_telegram_too(
    operator: Client, acme: Cast, telegram: TelegramEmulator
) -> None:
    actor = operators.TESTER
    bot = connecting.connect_bot(acme.tenant, DEMO_TOKEN, ["lottery"], actor=actor)
    connecting.enable(bot, actor=actor)
    operator.post(page(bot, "disable"))
    assert again(bot).state == Bot.State.DISABLED
    assert telegram.calls(bot.telegram_id, "deleteWebhook")
    assert events(acme.tenant, "bot.disabled")


def test_a_new_log_in_gets_a_link_and_no_password(operator: Client) -> None:
    url = reverse("admin:tenants_user_add")
    response = operator.post(url, {"email": "New@Example.org", "name": "New", "is_staff": "on"})
    assert response.status_code == 302
    user = User.objects.get(email="new@example.org")
    assert user.is_staff
    assert not user.has_usable_password()
    assert EmailAddress.objects.get(user=user).verified
    assert "/accounts/password/reset/key/" in mails()[-1].body
    twice = operator.post(url, {"email": "NEW@example.org"})
    assert b"logs in with this address already" in twice.content


def test_log_ins_are_changed_and_noted_in_their_tenants(operator: Client, acme: Cast) -> None:
    operator.post(page(acme.owner, "remove_second_factor"))
    assert not Authenticator.objects.filter(user=acme.owner).exists()
    operator.post(page(acme.owner, "send_link"))
    assert mails()[-1].to == [acme.owner.email]
    operator.post(page(acme.owner), user_data(acme.owner, name="Acme's owner"))
    owner = again(acme.owner)
    assert (owner.name, owner.is_active) == ("Acme's owner", False)
    assert events(acme.tenant, "user.second_factor_removed")
    assert events(acme.tenant, "user.password_link_sent")
    assert events(acme.tenant, "user.changed")[0].detail["is_active"] == [True, False]


def user_data(user: User, **changes: Any) -> dict[str, Any]:
    """Return the form of a log-in's page, with every box unticked."""
    none = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 0}
    sets = ("emailaddress_set", "memberships")
    counts = {f"{name}-{key}": value for name in sets for key, value in none.items()}
    return {"name": user.name} | counts | changes


def test_nobody_rises_above_his_rights(db: None) -> None:
    boss = operators.make_operator("boss@example.org")
    aide: User = User.objects.create_user("aide@example.org", "x" * 12, is_staff=True)
    aide.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    client = operators.logged_in(aide)
    client.post(page(aide), user_data(aide, is_staff="on", is_active="on", is_superuser="on"))
    assert not again(aide).is_superuser
    assert client.post(page(boss), user_data(boss, name="Fool")).status_code == 403
    client.post(page(boss, "remove_second_factor"))
    client.post(page(boss, "send_link"))
    assert not mails()
    assert again(boss).is_active


def test_who_may_only_look_does_nothing(acme: Cast) -> None:
    aide: User = User.objects.create_user("aide@example.org", "x" * 12, is_staff=True)
    aide.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = operators.logged_in(aide)
    for row, name in (
        (acme.tenant, "suspend"),
        (acme.bot, "disable"),
        (acme.failed, "replay"),
        (acme.message, "retry"),
    ):
        assert client.get(page(row)).status_code == 200
        assert page(row, name).encode() not in client.get(page(row)).content
        assert client.post(page(row, name)).status_code == 403
        from_list(client, name, row)
    assert again(acme.tenant).state == "active"
    assert again(acme.message).state == "failed"


def test_an_owner_who_is_no_operator_does_nothing(acme: Cast) -> None:
    client = operators.logged_in(acme.owner)
    for row, name in ((acme.tenant, "suspend"), (acme.failed, "replay"), (acme.message, "retry")):
        assert client.post(page(row, name)).status_code == 302
    assert again(acme.tenant).state == "active"
    assert again(acme.failed).state == "parked"
