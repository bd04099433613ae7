"""Checks what organisers type into the giveaway form."""

from __future__ import annotations

import zoneinfo
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models import Bot, Chat
from bots.services.listed_chats import listed
from lottery.models import MAX_PRIZES, MAX_RESERVES, MAX_TEXT, MAX_TITLE, Lottery
from lottery.services import pictures, plans
from lottery.services.plans import Plan, PrizeLine
from tenants import time_zones

LOCAL = "%Y-%m-%dT%H:%M"


class LocalMomentField(forms.DateTimeField):
    """Date and time on the clocks of the time zone chosen beside it; without a zone itself."""

    widget = forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"})

    def to_python(self, value: Any) -> datetime | None:
        """Return the naive moment. Raises ValidationError."""
        with timezone.override(UTC):
            moment = super().to_python(value)
        if moment is None:
            return None
        if not 2000 <= moment.year <= 2100:
            raise ValidationError(_("This date is too far away."), code="far")
        return moment.replace(tzinfo=None)


class PictureField(forms.ImageField):
    """A picture that Telegram takes as a photo."""

    def to_python(self, data: Any) -> Any:
        """Return the upload, with `picture` telling Pillow's view of it. Raises ValidationError."""
        upload: Any = super().to_python(data)
        if upload is not None:
            pictures.check(upload, upload.image)
        return upload


class GiveawayForm(forms.Form):
    """A giveaway but for its prizes."""

    title = forms.CharField(label=_("Title"), max_length=MAX_TITLE)
    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What it is about, and the rules. Under a picture about 600 characters show."),
    )
    image = PictureField(
        label=_("Picture"), required=False, help_text=_("JPEG, PNG or WebP, at most 5 MB.")
    )
    kept_image = forms.CharField(required=False, widget=forms.HiddenInput)
    remove_image = forms.BooleanField(label=_("Without a picture"), required=False)
    starts_at = LocalMomentField(
        label=_("Start"), required=False, help_text=_("Empty: as soon as you publish it.")
    )
    ends_at = LocalMomentField(label=_("End and draw"))
    time_zone = forms.ChoiceField(label=_("Time zone"))
    bot = forms.ChoiceField(label=_("Bot"))
    chat = forms.ChoiceField(
        label=_("Post in"),
        required=False,
        help_text=_("Groups and channels the bot was added to. It can also run by its link alone."),
    )
    reserves = forms.IntegerField(
        label=_("Reserve winners"),
        min_value=0,
        max_value=MAX_RESERVES,
        initial=0,
        required=False,
        help_text=_("Drawn too, in case a winner cannot be reached."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bots = list(Bot.objects.defer("token").order_by("name", "pk"))
        # what is stored stays a choice, and so does what was posted
        stored, posted = self.initial.get("chat"), self.data.get("chat")
        found = listed(self.bots, stored=stored, posted=posted, only_active=False)
        self.chats = found.chats
        self.fields["bot"].choices = [  # type: ignore[attr-defined]
            (bot.public_id, f"{bot.name} (@{bot.username})")
            for bot in self.bots
            if plans.PRODUCT in bot.products
        ]
        self.fields["chat"].choices = [("", _("nowhere, by its link alone")), *self._chats()]  # type: ignore[attr-defined]
        self.fields["chat"].help_text = found.explained(self.fields["chat"].help_text)
        self.fields["time_zone"].choices = self._zones()  # type: ignore[attr-defined]
        self.prize_errors: list[str] = []

    def _chats(self) -> list[tuple[object, object]]:
        mine: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for chat in self.chats:
            mine[chat.bot_id].append((str(chat.pk), _chat_label(chat)))
        return [(f"@{bot.username}", mine[bot.pk]) for bot in self.bots if bot.pk in mine]

    def _zones(self) -> list[tuple[object, object]]:
        """Return the choices, with a zone that an older row has and the list has not."""
        choices = time_zones.choices()
        current = str(self.initial.get("time_zone", ""))
        known = {name for _group, names in choices for name, _label in names}  # type: ignore[attr-defined]
        return choices if current in known or not current else [(current, current), *choices]

    def clean(self) -> dict[str, Any]:
        """Put the clock times into their zone, look up bot and chat, keep the picture."""
        cleaned: dict[str, Any] = super().clean() or {}
        self._look_up(cleaned)
        zone_name = cleaned.get("time_zone")
        if zone_name and zone_name not in plans.known_zones():
            self.add_error("time_zone", _("This time zone is not known."))
        elif zone_name:
            zone = zoneinfo.ZoneInfo(zone_name)
            for name in ("starts_at", "ends_at"):
                if cleaned.get(name) is not None:
                    self._into_zone(cleaned, name, zone)
        upload = cleaned.get("image")
        kept = pictures.unsign(cleaned.get("kept_image", ""))
        if upload is not None and hasattr(upload, "image"):
            kept = pictures.store(upload, upload.image.format)
        cleaned["image"] = "" if cleaned.get("remove_image") else kept or None
        self.kept_name = kept
        return cleaned

    @property
    def kept_signed(self) -> str:
        """What the form carries so that a picture need not be chosen again after a mistake."""
        kept = getattr(self, "kept_name", "")
        return pictures.sign(kept) if kept else ""

    def _into_zone(self, cleaned: dict[str, Any], name: str, zone: zoneinfo.ZoneInfo) -> None:
        local = cleaned[name].replace(tzinfo=zone)
        # there and back again: an hour that the clocks skip comes back as another
        if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != cleaned[name]:
            self.add_error(
                name,
                ValidationError(
                    _("This time does not exist in %(zone)s: the clocks go forward that night."),
                    code="skipped",
                    params={"zone": zone.key},
                ),
            )
            return
        cleaned[name] = local

    def _look_up(self, cleaned: dict[str, Any]) -> None:
        bots = {bot.public_id: bot for bot in self.bots}
        chats = {str(chat.pk): chat for chat in self.chats}
        if cleaned.get("bot"):
            cleaned["bot"] = bots.get(cleaned["bot"])
        if "chat" in cleaned:
            cleaned["chat"] = chats.get(cleaned["chat"])

    def plan(self, prizes: list[PrizeLine]) -> Plan:
        """Return what the valid form says."""
        given = self.cleaned_data
        return Plan(
            bot=given["bot"],
            title=given["title"],
            text=given["text"],
            image=given["image"],
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
            time_zone=given["time_zone"],
            chat=given["chat"],
            reserves=given["reserves"] or 0,
            prizes=prizes,
        )

    def add_problems(self, error: ValidationError) -> None:
        """Show what the rules refuse beside the fields it is about."""
        for field, problems in error.update_error_dict({}).items():
            if field == "prizes":
                self.prize_errors += ValidationError(problems).messages
            else:
                self.add_error(field if field in self.fields else None, problems)


def _chat_label(chat: Chat) -> str:
    if chat.state == Chat.State.ACTIVE:
        return str(chat)
    return str(_("%(chat)s – the bot was removed") % {"chat": chat})


class PrizeForm(forms.Form):
    """A line of the prizes; an empty one is left out."""

    name = forms.CharField(label=_("Prize"), max_length=plans.MAX_NAME)
    count = forms.IntegerField(label=_("How many"), min_value=1, max_value=MAX_PRIZES, initial=1)


if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet[PrizeForm]
else:
    _FormSet = forms.BaseFormSet


class BasePrizes(_FormSet):
    """The prizes, best first. Every line counts as new, so that an emptied one just goes."""

    def initial_form_count(self) -> int:
        """Return 0."""
        return 0

    def lines(self) -> list[PrizeLine]:
        """Return the filled lines of a valid set."""
        return [
            PrizeLine(name=form.cleaned_data["name"], count=form.cleaned_data["count"])
            for form in self.forms
            if form.cleaned_data.get("name")
        ]


def prize_formset(*, rows: int = 1) -> type[BasePrizes]:
    """Return the formset class that starts with some lines."""
    kind: Any = forms.formset_factory(
        PrizeForm, formset=BasePrizes, extra=rows, max_num=plans.MAX_LINES, absolute_max=60
    )
    return kind  # type: ignore[no-any-return]


def initial_of(lottery: Lottery) -> dict[str, Any]:
    """Return a giveaway as the form shows it: times on the clocks of its own zone."""
    zone = lottery.zone
    starts_at = lottery.starts_at
    return {
        "title": lottery.title,
        "text": lottery.text,
        "starts_at": None if starts_at is None else starts_at.astimezone(zone).replace(tzinfo=None),
        "ends_at": lottery.ends_at.astimezone(zone).replace(tzinfo=None),
        "time_zone": lottery.time_zone,
        "bot": lottery.bot.public_id,
        "chat": str(lottery.chat_id or ""),
        "reserves": lottery.reserves,
    }
