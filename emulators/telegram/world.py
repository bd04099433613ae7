"""The world a newcomer finds: three bots, five people, a group and a channel."""

from emulators.telegram.models import Bot, Chat, Person
from emulators.telegram.state import State

DEMO_TOKEN = "7100000001:AAHarborDemoBotTokenForEmulators001"  # noqa: S105 - public, opens nothing
SPARE_TOKEN = "7100000002:AAHarborSpareBotTokenForEmulator002"  # noqa: S105
SECOND_SPARE_TOKEN = "7100000003:AAHarborOtherBotTokenForEmulator003"  # noqa: S105
DEMO_BOT_ID, SPARE_BOT_ID, SECOND_SPARE_BOT_ID = 7100000001, 7100000002, 7100000003

ALICE, WANG, LIN, EMOJI, LAYLA = 900000001, 900000002, 900000003, 900000004, 900000005
GROUP_ID = -1002000000001
CHANNEL_ID = -1002000000002

BOTS = (
    Bot(DEMO_BOT_ID, DEMO_TOKEN, "Harbor Demo Bot", "harbor_demo_bot"),
    Bot(SPARE_BOT_ID, SPARE_TOKEN, "Harbor Spare Bot", "harbor_spare_bot"),
    Bot(SECOND_SPARE_BOT_ID, SECOND_SPARE_TOKEN, "Harbor Other Bot", "harbor_other_bot"),
)
PEOPLE = (
    Person(ALICE, "Alice", "Carter", "alice_carter", "en"),
    Person(WANG, "王小明", "", "wang_xm", "zh-hans"),
    Person(LIN, "林怡君", "", "", "zh-hant"),
    Person(EMOJI, "🦊✨ Foxy", "🌙", "foxy_moon", "en"),
    Person(LAYLA, "ليلى", "حداد", "layla_h", "ar"),
)


def populate(state: State) -> None:
    """Fill an empty state."""
    for bot in BOTS:
        state.keep_bot(Bot(bot.id, bot.token, bot.name, bot.username))
    for person in PEOPLE:
        state.keep_person(
            Person(
                person.id,
                person.first_name,
                person.last_name,
                person.username,
                person.language_code,
            )
        )
    members = dict.fromkeys((person.id for person in PEOPLE), "member")
    members |= {ALICE: "creator", DEMO_BOT_ID: "administrator"}
    state.keep_chat(Chat(GROUP_ID, "supergroup", "Harbor Friends", "harbor_friends", dict(members)))
    state.keep_chat(Chat(CHANNEL_ID, "channel", "Harbor News", "harbor_news", dict(members)))
