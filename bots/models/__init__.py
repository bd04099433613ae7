"""The tables of the middle layer."""

from bots.models.bot import Bot
from bots.models.broadcast import Broadcast
from bots.models.channels import Channel, Notice
from bots.models.outbox import OutboxMessage, PostedMessage
from bots.models.people import Chat, Conversation, LinkCode, Person, StaffLink
from bots.models.traffic import DayCount, FailedUpdate, Receipt

__all__ = [
    "Bot",
    "Broadcast",
    "Channel",
    "Chat",
    "Conversation",
    "DayCount",
    "FailedUpdate",
    "LinkCode",
    "Notice",
    "OutboxMessage",
    "Person",
    "PostedMessage",
    "Receipt",
    "StaffLink",
]
