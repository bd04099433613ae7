"""What the fake Telegram knows: bots, people, chats, messages, files, waiting updates."""

from dataclasses import dataclass, field

from emulators.wsgi import Json

ADMINS = ("creator", "administrator")
PRESENT = ("creator", "administrator", "member")


@dataclass(slots=True)
class Webhook:
    """Where a bot's updates go."""

    url: str
    secret: str = ""
    max_connections: int = 40
    ip_address: str = ""
    has_certificate: bool = False
    last_error_date: int = 0
    last_error_message: str = ""
    gone_since: float = 0.0  # first of an unbroken row of 410 answers


@dataclass(slots=True)
class Bot:
    """A bot account; everything hangs on its id, the token may change."""

    id: int
    token: str
    name: str
    username: str
    webhook: Webhook | None = None
    allowed_updates: list[str] | None = None  # None: Telegram's default
    privacy: bool = True
    next_update: int = 1
    next_message: int = 1
    last_update_at: float = 0.0
    people: dict[int, str] = field(default_factory=dict)  # person -> "started" | "blocked"
    commands: dict[str, list[Json]] = field(default_factory=dict)  # "scope|language"
    texts: dict[str, str] = field(default_factory=dict)  # "name|zh", "description|"
    menu_buttons: dict[str, Json] = field(default_factory=dict)
    old_tokens: list[str] = field(default_factory=list)
    polled_at: float = 0.0

    def user(self) -> Json:
        """The bot as a Telegram User."""
        return {
            "id": self.id,
            "is_bot": True,
            "first_name": self.name,
            "username": self.username,
        }


@dataclass(slots=True)
class Person:
    """A human account."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "en"
    deactivated: bool = False

    def names(self) -> Json:
        """The name fields that are set."""
        names = {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "username": self.username,
        }
        return {key: value for key, value in names.items() if value}

    def user(self) -> Json:
        """The person as a Telegram User."""
        return {
            "id": self.id,
            "is_bot": False,
            **self.names(),
            "language_code": self.language_code,
        }


@dataclass(slots=True)
class Chat:
    """A group, supergroup or channel."""

    id: int
    type: str
    title: str
    username: str = ""
    members: dict[int, str] = field(default_factory=dict)
    next_message: int = 1
    migrated_to: int = 0
    deleted: bool = False
    invite_links: list[Json] = field(default_factory=list)

    def json(self) -> Json:
        """The chat as a Telegram Chat."""
        base: Json = {"id": self.id, "type": self.type, "title": self.title}
        if self.username:
            base["username"] = self.username
        return base

    def has(self, user_id: int) -> bool:
        """Is this user in the chat now?"""
        status = self.members.get(user_id, "left")
        return status in PRESENT or status == "restricted"


@dataclass(slots=True)
class Message:
    """One message as Telegram's JSON, and what happened to it."""

    data: Json
    bot_id: int  # the author when a bot wrote it, else 0
    pinned: bool = False
    deleted: bool = False


@dataclass(slots=True)
class StoredFile:
    """A photo or document; the bytes are kept apart."""

    id: str
    unique_id: str
    bot_id: int
    kind: str
    path: str
    mime: str
    size: int
    width: int = 0
    height: int = 0
    url: str = ""


@dataclass(slots=True)
class Query:
    """A button press that waits for its answer."""

    id: str
    bot_id: int
    user_id: int
    chat_id: int
    at: float
    answered: bool = False


@dataclass(slots=True)
class Update:
    """One update in a bot's queue."""

    id: int
    kind: str
    lane: str
    body: str  # the JSON object that is posted
    expires: float
    attempts: int = 0
    due: float = 0.0


@dataclass(slots=True)
class Room:
    """One place messages go to, seen by one bot: a private chat with a person, or a chat."""

    bot: Bot
    person: Person | None = None
    chat: Chat | None = None

    @property
    def id(self) -> int:
        """The chat id in the Bot API."""
        return self.chat.id if self.chat else self.person.id if self.person else 0

    @property
    def thread(self) -> str:
        """Key of the message list: private chats belong to one bot, others are shared."""
        return f"0:{self.chat.id}" if self.chat else f"{self.bot.id}:{self.id}"

    @property
    def type(self) -> str:
        """private, group, supergroup or channel."""
        return self.chat.type if self.chat else "private"

    def json(self) -> Json:
        """The chat as a Telegram Chat."""
        if self.chat:
            return self.chat.json()
        names = self.person.names() if self.person else {}
        return {"id": self.id, "type": "private", **names}
