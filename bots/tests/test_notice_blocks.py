"""Notices made of blocks: many at once arrive as few, none lost, in order, and no link is shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots import blocks
from bots.blocks import Block
from bots.models import Channel, Notice
from bots.services import notices
from bots.services.notice_blocks import GROUP_WAIT, MOST_BLOCKS, MOST_WAITING, STORM
from bots.tests.channels import add, hook, later, rows, server, states, warn
from bots.tests.receivers import Receiver, receiving
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
Kind = Channel.Kind


@pytest.fixture
def tenant() -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving(settings) as receiver:
        yield receiver


def titles(post: dict[str, Any]) -> list[str]:
    return [block["title"] for block in post["blocks"]]


# --- Merging


def test_a_group_waits_for_others_and_becomes_one(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    warn(tenant, server(1))
    warn(tenant, server(2), colour="red")
    warn(tenant, server(3))
    assert notices.deliver_due(timezone.now()) == 0
    notices.deliver_due(later())
    [(post, _environ)] = receiver.posts
    assert post["title"] == "3 servers run low"
    assert titles(post) == ["web-1", "web-2", "web-3"]
    assert post["blocks"][0]["facts"][1] == {"label": "Left", "value": "1 GB"}
    assert [row.colour for row in rows(tenant)] == ["red"]


def test_one_alone_keeps_its_title(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    warn(tenant, server(1))
    notices.deliver_due(later())
    assert receiver.events() == ["web-1 runs low"]


def test_the_newer_of_two_blocks_of_one_thing_stays_in_its_place(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver)
    warn(tenant, server(1), server(2))
    warn(tenant, server(1, text="stopped"))
    # two servers may have one name
    warn(tenant, server(2, key="b", text="another web-2"))
    notices.deliver_due(later())
    [(post, _environ)] = receiver.posts
    assert [(block["title"], block["text"]) for block in post["blocks"]] == [
        ("web-1", "stopped"),
        ("web-2", ""),
        ("web-2", "another web-2"),
    ]


def test_what_was_told_a_moment_ago_is_not_told_again(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    warn(tenant, server(1), server(2))
    notices.deliver_due(later())
    warn(tenant, server(1), server(2))
    warn(tenant, server(2), server(3))
    notices.deliver_due(later() + GROUP_WAIT)
    assert [titles(post) for post, _environ in receiver.posts] == [["web-1", "web-2"], ["web-3"]]
    # news of the same thing is no repeat, nor is the old state when it is back
    warn(tenant, server(1, text="stopped"))
    notices.deliver_due(later() + GROUP_WAIT)
    warn(tenant, server(1))
    notices.deliver_due(later() + GROUP_WAIT)
    assert [titles(post) for post, _environ in receiver.posts[2:]] == [["web-1"]] * 2
    with scope(tenant):
        Notice.objects.update(due_at=timezone.now() - STORM)
    warn(tenant, server(2))
    assert states(tenant)[-1] == Notice.State.DUE


def test_other_groups_and_notices_without_one_are_not_merged(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver)
    warn(tenant, server(1))
    warn(tenant, server(2), group="other")
    warn(tenant, server(3), group="")
    warn(tenant, server(3), group="")
    assert notices.deliver_due(timezone.now()) == 1
    notices.deliver_due(later())
    assert [titles(post) for post, _environ in receiver.posts] == [["web-3"], ["web-1"], ["web-2"]]


def test_texts_and_data_on_which_merged_notices_differ_are_left_out(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver)
    for number in (1, 2):
        with scope(tenant):
            notices.notify(
                "bot.broken",
                "t",
                f"text {number}",
                {"account": "a", "server": number},
                blocks=[server(number, data={"server": number})],
                group="low",
            )
    notices.deliver_due(later())
    [(post, _environ)] = receiver.posts
    assert (post["text"], post["data"]) == ("", {"account": "a"})
    assert [block["data"] for block in post["blocks"]] == [{"server": 1}, {"server": 2}]


def test_what_was_tried_does_not_change_any_more(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    receiver.status = 500
    warn(tenant, server(1))
    now = later()
    notices.deliver_due(now)
    warn(tenant, server(2))
    warn(tenant, server(3))
    receiver.status = 200
    notices.deliver_due(now + timedelta(minutes=1))
    told = [titles(post) for post, _environ in receiver.posts]
    assert told == [["web-1"], ["web-1"], ["web-2", "web-3"]]
    first, again, _last = (post["id"] for post, _environ in receiver.posts)
    assert first == again


def test_a_flood_is_counted_above_a_limit(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    flood = MOST_WAITING * MOST_BLOCKS + 7
    warn(tenant, *(Block(f"web-{number}") for number in range(flood)))
    now = later()
    while notices.deliver_due(now):
        pass
    posts = [post for post, _environ in receiver.posts]
    assert len(posts) == MOST_WAITING
    assert [title for post in posts for title in titles(post)] == [
        f"web-{number}" for number in range(flood - 7)
    ]
    assert posts[-1]["left_out"] == 7
    assert posts[-1]["title"] == f"{MOST_BLOCKS + 7} servers run low"


def test_texts_are_said_in_the_tenants_language_and_cut(tenant: Tenant) -> None:
    add(tenant, Kind.EMAIL, "a@example.com")
    tenant.language = "zh-hans"
    tenant.save()
    bad = ("bad", "javascript:alert(1)")
    block = Block(_("January"), facts=((_("Monday"), "x" * 900),), links=(bad,))  # type: ignore[arg-type]
    warn(tenant, block, title="t", colour="pink", many="100% of %(count)s")
    [row] = rows(tenant)
    assert row.blocks[0]["title"] == "一月"
    assert row.blocks[0]["facts"][0][0] == "星期一"
    assert len(row.blocks[0]["facts"][0][1]) == blocks.MAX_VALUE
    assert row.blocks[0]["links"] == []
    assert row.colour == ""
    warn(tenant, server(2), many="100% of %(count)s")
    assert rows(tenant)[0].title == "100% of 2"


def test_a_notice_that_no_key_opens_stops_only_itself(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    warn(tenant, server(1))
    with connection.cursor() as cursor, scope(tenant):
        cursor.execute("UPDATE bots_notice SET blocks = 'no ciphertext'")
    warn(tenant, server(2))
    notices.deliver_due(later())
    assert receiver.events() == ["web-2 runs low"]
    with scope(tenant):
        told = list(Notice.objects.order_by("pk").values_list("state", flat=True))
    assert told == [Notice.State.FAILED, Notice.State.SENT]
