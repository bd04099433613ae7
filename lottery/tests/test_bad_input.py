"""What people type wrongly into the form: each has a clear answer that loses nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from bots.models import Bot, Chat
from bots.testing import Someone, make_chat
from lottery.models import Lottery
from lottery.tests.pages import all_of, browser, local, png, typed, url
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
State = Lottery.State


def moved(**step: Any) -> str:
    return local(timezone.now() + timedelta(**step))


BAD: dict[str, tuple[Any, str]] = {
    "4,096-character title": ({"title": "長" * 4096}, "at most 200 characters"),
    "no title": ({"title": "  "}, "This field is required"),
    "null character": ({"title": "a\x00b"}, "Null characters are not allowed"),
    "long text": ({"text": "x" * 3001}, "at most 3000 characters"),
    "end before start": (
        lambda: {"starts_at": moved(hours=5), "ends_at": moved(hours=4)},
        "The end must come after the start.",
    ),
    "end passed": (lambda: {"ends_at": moved(hours=-4)}, "This end has passed already."),
    "start passed": (lambda: {"starts_at": moved(hours=-4)}, "This start has passed already."),
    "no end": ({"ends_at": ""}, "This field is required"),
    "years away": (lambda: {"ends_at": moved(days=800)}, "for at most a year"),
    "year 9999": ({"ends_at": "9999-12-31T23:59"}, "This date is too far away."),
    "year 1": ({"ends_at": "0001-01-01T00:00"}, "This date is too far away."),
    "no date": ({"ends_at": "tomorrow"}, "Enter a valid date/time."),
    "no prize": ({"prizes-0-name": ""}, "Add at least one prize."),
    "prize without a name": (
        {"prizes-0-name": "", "prizes-0-count": "3"},
        "This field is required",
    ),
    "long prize": ({"prizes-0-name": "x" * 121}, "at most 120 characters"),
    "zero of a prize": ({"prizes-0-count": "0"}, "greater than or equal to 1"),
    "minus one": ({"prizes-0-count": "-1"}, "greater than or equal to 1"),
    "huge count": ({"prizes-0-count": "9" * 30}, "less than or equal to 10000"),
    "half a prize": ({"prizes-0-count": "1.5"}, "Enter a whole number."),
    "unknown time zone": ({"time_zone": "Mars/Olympus"}, "Select a valid choice."),
    "path as a time zone": ({"time_zone": "../../etc/passwd"}, "Select a valid choice."),
    "unknown bot": ({"bot": "nobody"}, "Select a valid choice."),
    "unknown chat": ({"chat": "424242"}, "Select a valid choice."),
    "endless chat": ({"chat": "9" * 5000}, "Select a valid choice."),
    "many reserves": ({"reserves": "101"}, "less than or equal to 100"),
}


class TestBadInput:
    @pytest.mark.parametrize("case", BAD)
    def test_it_says_what_is_wrong_and_loses_nothing(
        self, tenant: Tenant, bot: Bot, alice: Client, case: str
    ) -> None:
        changes, message = BAD[case]
        given = typed(bot, text="A long text that I typed with care")
        given |= changes() if callable(changes) else changes
        response = alice.post(url(tenant, "new/"), given)
        page = response.content.decode()
        assert message in page
        for name in ("title", "text", "prizes-0-name"):
            assert given[name].strip().replace("\x00", "") in page.replace("\x00", "")
        assert all_of(tenant) == []

    def test_too_many_prizes_in_all(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        data = typed(
            bot,
            prizes__TOTAL_FORMS="2",
            prizes__0__count="9999",
            prizes__1__name="Pen",
            prizes__1__count="2",
        )
        page = alice.post(url(tenant, "new/"), data).content.decode()
        assert "Use at most 10000 prizes in all." in page

    def test_a_forged_number_of_lines(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        for total in ("1000000", "x", "-1", ""):
            data = typed(bot, prizes__TOTAL_FORMS=total)
            assert alice.post(url(tenant, "new/"), data).status_code == 200
            data["add_prize"] = "1"
            assert alice.post(url(tenant, "new/"), data).status_code == 200

    def test_an_hour_that_the_clocks_skip(
        self, tenant: Tenant, bot: Bot, alice: Client, time_machine: Any
    ) -> None:
        time_machine.move_to("2026-03-01T00:00:00Z")
        data = typed(bot, time_zone="Europe/Berlin", ends_at="2026-03-29T02:30")
        page = alice.post(url(tenant, "new/"), data).content.decode()
        assert "the clocks go forward that night" in page

    def test_an_hour_that_comes_twice_is_its_first(
        self, tenant: Tenant, bot: Bot, alice: Client, time_machine: Any
    ) -> None:
        time_machine.move_to("2026-10-01T00:00:00Z")
        alice = browser("alice@example.org")
        data = typed(bot, time_zone="Europe/Berlin", ends_at="2026-10-25T02:30")
        alice.post(url(tenant, "new/"), data)
        [lottery] = all_of(tenant)
        assert lottery.ends_at.isoformat() == "2026-10-25T00:30:00+00:00"
        assert "Europe/Berlin, UTC+2" in Someone(bot).says(f"/start g_{lottery.public_id}").text

    def test_a_chat_the_bot_was_removed_from(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        chat = make_chat(bot, title="Old friends")
        with scope(tenant):
            Chat.objects.filter(pk=chat.pk).update(state=Chat.State.LEFT)
        page = alice.post(url(tenant, "new/"), typed(bot, chat=chat.pk)).content.decode()
        assert "The bot was removed from “Old friends”." in page
        assert all_of(tenant) == []

    def test_a_chat_of_another_bot(
        self, tenant: Tenant, bot: Bot, other_bot: Bot, alice: Client
    ) -> None:
        chat = make_chat(other_bot)
        page = alice.post(url(tenant, "new/"), typed(bot, chat=chat.pk)).content.decode()
        assert "This bot is not in that chat." in page

    def test_another_tenants_bot_and_chat(
        self, tenant: Tenant, bot: Bot, foreign_bot: Bot, alice: Client
    ) -> None:
        chat = make_chat(foreign_bot)
        for changes in ({"bot": foreign_bot.public_id}, {"chat": chat.pk}):
            page = alice.post(url(tenant, "new/"), typed(bot) | changes).content.decode()
            assert "Select a valid choice." in page

    @pytest.mark.parametrize(
        ("upload", "message"),
        [
            (lambda: SimpleUploadedFile("a.png", b"no picture"), "Upload a valid image."),
            (lambda: png(kind="GIF"), "Use a JPEG, PNG or WebP picture"),
            (lambda: png(3000, 10), "too long and narrow"),
            (lambda: png(9000, 1001), "too many pixels"),
            (lambda: SimpleUploadedFile("a.png", b"", "image/png"), "The submitted file is empty."),
            (
                lambda: SimpleUploadedFile("a.png", png().read() + bytes(5 * 1024 * 1024)),
                "at most 5 MB",
            ),
        ],
    )
    def test_a_picture_that_will_not_do(
        self, tenant: Tenant, bot: Bot, alice: Client, upload: Any, message: str
    ) -> None:
        page = alice.post(url(tenant, "new/"), typed(bot, image=upload())).content.decode()
        assert message in page
        assert all_of(tenant) == []

    def test_a_good_picture_survives_a_mistake_elsewhere(
        self, tenant: Tenant, bot: Bot, alice: Client
    ) -> None:
        page = alice.post(url(tenant, "new/"), typed(bot, image=png(), title="")).content.decode()
        kept = re.search(r'name="kept_image"\s+value="([^"]+)"', page)
        assert kept is not None
        alice.post(url(tenant, "new/"), typed(bot, kept_image=kept[1]))
        [lottery] = all_of(tenant)
        assert str(lottery.image.name).endswith(".png")

    def test_a_forged_picture_is_ignored(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        alice.post(url(tenant, "new/"), typed(bot, kept_image="../../secret:abc"))
        assert not all_of(tenant)[0].image
