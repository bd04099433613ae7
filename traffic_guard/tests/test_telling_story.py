"""One server from little traffic to off and on again, as an operator sees it in his chat."""

from __future__ import annotations

import pytest

from bots.models import Bot, Channel, Notice
from bots.testing import Someone
from tenants.scoping import scope
from traffic_guard.models import PlannedStop
from traffic_guard.tests.chatting import key_like, keys_of, sent_to
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.planned import posts, shown

pytestmark = pytest.mark.django_db


def stands(bot: Bot, someone: Someone, slot: str) -> str:
    """Return what a message says now."""
    return str([one for one in sent_to(bot, someone) if one.slot == slot][-1].params["text"])


def test_a_stop_is_announced_put_off_carried_out_proved_and_undone_at_the_reset(
    guarded: Guarded, bot: Bot, oscar: Someone
) -> None:
    with scope(guarded.tenant):
        Channel.objects.create(
            tenant=guarded.tenant, kind="webhook", name="Ours", target="https://x.test"
        )
    guarded.add_server(gb_per_hour=4)
    guarded.runs_low(left=20)
    announcement = next(one for one in posts(bot, oscar) if "web will" in one.params["text"])
    for part in ("⏰ web will be stopped at", "live of 1,000 GB", "4 GB an hour", "runs out"):
        assert part in announcement.params["text"]
    oscar.presses(key_like(announcement, "Postpone"))
    guarded.ticks(minutes=45)
    assert guarded.calls("stop") == []
    assert "(postponed)" in stands(bot, oscar, announcement.slot)
    guarded.ticks(minutes=46)
    assert guarded.power() == "SHUTOFF"
    assert "⏹ web: stopped at" in stands(bot, oscar, announcement.slot)
    assert "stopped at" in posts(bot, oscar)[-1].params["text"]
    assert not [name for name in keys_of(shown(bot, oscar)) if "Postpone" in name]
    with scope(guarded.tenant):
        assert PlannedStop.objects.get().state == "executed"
        told = list(Notice.objects.order_by("pk").values_list("event", flat=True))
    assert told[-1] == "traffic.stopped"
    assert "traffic.stop_planned" in told
    end = guarded.server().cycle_end
    assert end is not None
    guarded.passes(seconds=(end - guarded.now).total_seconds() + 3 * 3600)
    guarded.look()
    guarded.resume()
    guarded.ticks(minutes=2)
    assert "▶️ web: started at" in posts(bot, oscar)[-1].params["text"]
    assert "the reset of the cycle" in posts(bot, oscar)[-1].params["text"]
