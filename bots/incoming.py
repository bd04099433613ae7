"""An update as a handler sees it, and what the handler can say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from bots import messages
from bots.messages import Effects, Keyboard, Media
from bots.models import Conversation, OutboxMessage, Person, StaffLink
from bots.registry import BotInfo
from tenants.models import Membership

if TYPE_CHECKING:
    from bots.messages import Text

# A question that nobody answered for a day is forgotten.
ASK_FOR = timedelta(hours=24)
NOTICE = OutboxMessage.Priority.NOTICE.value


@dataclass(frozen=True, slots=True)
class ChatInfo:
    """Where an update happened. `kind`: private, group, supergroup or channel."""

    id: int
    kind: str
    title: str = ""
    username: str = ""

    @property
    def is_private(self) -> bool:
        """Whether bot and person are alone."""
        return self.kind == "private"


@dataclass
class Incoming:
    """One update, parsed; what is said goes out when the transaction has been committed."""

    bot: BotInfo
    update_id: int
    kind: str
    person: Person
    chat: ChatInfo
    raw: Mapping[str, Any]
    text: str = ""
    # what follows a command
    args: str = ""
    message_id: int | None = None
    # whether the message that a pressed button belongs to shows a photo: its text is a caption
    has_photo: bool = False
    callback_id: str = ""
    # what `ask` kept, for the handler of the answer
    data: dict[str, Any] = field(default_factory=dict)
    effects: Effects = field(default_factory=Effects)
    # the product whose handler runs (bots/routing.py: run)
    product: str = ""
    # whether the open question was dealt with: asked anew, or forgotten
    is_question_settled: bool = False

    @cached_property
    def member(self) -> Membership | None:
        """The portal member behind this person, where he has linked his account."""
        links = StaffLink.objects.filter(person=self.person, membership__user__is_active=True)
        link = links.select_related("membership").first()
        return None if link is None else link.membership

    def may(self, role: str) -> bool:
        """Tell whether the person is linked to a member with this role or a higher one."""
        return self.member is not None and self.member.may(role)

    def reply(
        self,
        text: Text,
        *,
        keyboard: Keyboard | None = None,
        photo: Media | None = None,
        slot: str = "",
    ) -> None:
        """Say something in the chat the update came from; `slot` names it for later edits."""
        self.effects.calls.append(
            messages.send(self.chat.id, text, keyboard=keyboard, photo=photo, slot=slot)
        )

    def tell(self, person: Person, text: Text, *, keyboard: Keyboard | None = None) -> None:
        """Say something to a person in private (fails quietly if he never started the bot)."""
        self.effects.calls.append(messages.send(person.telegram_id, text, keyboard=keyboard))

    def say(
        self,
        chat_id: int,
        text: Text,
        *,
        keyboard: Keyboard | None = None,
        photo: Media | None = None,
        slot: str = "",
    ) -> None:
        """Say something in any chat of the bot; `slot` names the message for `edit_posted`."""
        call = messages.send(chat_id, text, keyboard=keyboard, photo=photo, slot=slot)
        call.priority = NOTICE
        self.effects.calls.append(call)

    def edit_posted(
        self, slot: str, chat_id: int, text: Text, *, keyboard: Keyboard | None = None
    ) -> None:
        """Change the message said under a slot; edits that still wait are replaced by this one."""
        call = messages.edit(chat_id, None, text, keyboard=keyboard, slot=slot)
        call.priority = NOTICE
        # of what this update asked for, too, only the last edit counts
        self.effects.calls = [
            one for one in self.effects.calls if (one.method, one.slot) != (call.method, slot)
        ]
        self.effects.calls.append(call)

    def edit(self, text: Text, *, keyboard: Keyboard | None = None) -> None:
        """Change the message whose button was pressed; where it is gone, say it anew."""
        if self.message_id is None or not self.callback_id:
            self.reply(text, keyboard=keyboard)
            return
        self.effects.calls.append(
            messages.edit(
                self.chat.id, self.message_id, text, keyboard=keyboard, has_photo=self.has_photo
            )
        )

    def toast(self, text: Text, *, alert: bool = False) -> None:
        """Answer a press with a line over the chat, or a dialog; a reply where there is none."""
        if not self.callback_id:
            self.reply(text)
            return
        self.effects.calls.append(messages.toast(self.callback_id, text, alert=alert))

    def ask(
        self,
        state: str,
        text: Text,
        *,
        data: Mapping[str, Any] | None = None,
        keyboard: Keyboard | None = None,
    ) -> None:
        """Ask something; the next text goes to `@router.state(state)` of the asking product.

        `data` (what JSON holds) waits in `incoming.data` of that handler. Each answer closes its
        question; to hear another one, ask again. Dialogues happen in private chats only: elsewhere
        the person is asked to go there.
        """
        if not self.chat.is_private:
            self.reply(_("Let us do that in private: open @%(bot)s.") % {"bot": self.bot.username})
            return
        Conversation.objects.update_or_create(
            person=self.person,
            defaults={
                "tenant_id": self.bot.tenant_id,
                "state": f"{self.product}:{state}",
                "data": dict(data or {}),
                "expires_at": timezone.now() + ASK_FOR,
            },
        )
        self.is_question_settled = True
        self.reply(text, keyboard=keyboard)

    def forget(self) -> None:
        """End the dialogue that is open with this person, if any."""
        self.is_question_settled = True
        Conversation.objects.filter(person=self.person).delete()
