"""Many wishes paused, resumed and removed at once over the REST API."""

from __future__ import annotations

import pytest

from ovh_sniper.models import Account
from ovh_sniper.testing import make_account, make_wish
from ovh_sniper.tests.programs import Program, code
from ovh_sniper.tests.wishing import wishes_of
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
ACT = "wishes/act/"


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant)


def test_many_are_paused_resumed_and_removed(tenant: Tenant, account: Account) -> None:
    program = Program(tenant, "ovh:read", "ovh:write", "ovh:order")
    ids = [make_wish(account, name=name).public_id for name in ("one", "two")]
    kept = make_wish(account, name="kept")
    assert program.post(ACT, {"act": "pause", "ids": ids}).json() == {"changed": 2}
    # those that are paused already stay so
    assert program.post(ACT, {"act": "pause", "ids": ids}).json() == {"changed": 0}
    assert program.post(ACT, {"act": "resume", "ids": ids[:1]}).json() == {"changed": 1}
    states = {wish.name: wish.state for wish in wishes_of(tenant)}
    assert states == {"one": "armed", "two": "paused", "kept": "armed"}
    assert program.post(ACT, {"act": "remove", "ids": ids}).json() == {"changed": 2}
    assert [wish.pk for wish in wishes_of(tenant)] == [kept.pk]


def test_what_may_spend_is_resumed_only_by_who_may(tenant: Tenant, account: Account) -> None:
    wish = make_wish(account)
    writer = Program(tenant, "ovh:read", "ovh:write")
    ids = [wish.public_id]
    assert writer.post(ACT, {"act": "pause", "ids": ids}).json() == {"changed": 1}
    assert writer.post(ACT, {"act": "resume", "ids": ids}).status_code == 403
    assert [one.state for one in wishes_of(tenant)] == ["paused"]


def test_another_tenants_wishes_stay_as_they_are(tenant: Tenant, stranger: Tenant) -> None:
    theirs = make_wish(make_account(stranger))
    program = Program(tenant, "full")
    for act in ("pause", "remove"):
        answer = program.post(ACT, {"act": act, "ids": [theirs.public_id]})
        assert answer.json() == {"changed": 0}
    assert [one.state for one in wishes_of(stranger)] == ["armed"]


@pytest.mark.parametrize(
    "body",
    [{}, {"act": "burn", "ids": ["x"]}, {"act": "pause", "ids": []}, {"act": "pause", "ids": "x"}],
)
def test_what_is_no_act_is_refused(tenant: Tenant, body: dict[str, object]) -> None:
    assert code(Program(tenant, "full").post(ACT, body))[0] == 400
