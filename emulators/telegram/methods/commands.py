"""Command menus, names, descriptions and menu buttons."""

import re
from typing import Any

from emulators.telegram.call import Call
from emulators.telegram.errors import bad
from emulators.telegram.models import ADMINS, Bot, Room
from emulators.wsgi import Json

NAME = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE = re.compile(r"[a-z]{2}")
PLAIN_SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")
CHAT_SCOPES = ("chat", "chat_administrators", "chat_member")
TEXT_LIMITS = {"name": 64, "description": 512, "short_description": 120}


def language(call: Call) -> str:
    """language_code: two letters or empty."""
    code = call.params.text("language_code").lower()
    if code and not LANGUAGE.fullmatch(code):
        raise bad("LANG_CODE_INVALID")
    return code


def scope_key(call: Call) -> str:
    """The scope as one text."""
    scope = call.params.json("scope", "can't parse BotCommandScope JSON object")
    if scope is None:
        return "default"
    kind = scope.get("type") if isinstance(scope, dict) else None
    if kind in PLAIN_SCOPES:
        return str(kind)
    if kind not in CHAT_SCOPES:
        raise bad("can't parse BotCommandScope: unsupported type specified")
    call.params.values["scope_chat"] = str(scope.get("chat_id", ""))
    room = call.room("scope_chat")
    if kind == "chat_member":
        return f"chat_member:{room.id}:{scope.get('user_id')}"
    return f"{kind}:{room.id}"


def read_commands(call: Call) -> list[Json]:
    """The checked list."""
    given = call.params.json("commands", "can't parse commands JSON object")
    if not isinstance(given, list):
        raise bad("expected an Array of BotCommand")
    if len(given) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    commands = []
    for one in given:
        name = str(one.get("command", "")).removeprefix("/") if isinstance(one, dict) else ""
        text = str(one.get("description", "")).strip() if isinstance(one, dict) else ""
        if not NAME.fullmatch(name):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(text) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        commands.append({"command": name, "description": text})
    return commands


def set_commands(call: Call) -> bool:
    """setMyCommands."""
    commands = read_commands(call)
    key = f"{scope_key(call)}|{language(call)}"
    if commands:
        call.bot.commands[key] = commands
    else:
        call.bot.commands.pop(key, None)
    return changed(call)


def delete_commands(call: Call) -> bool:
    """deleteMyCommands."""
    call.bot.commands.pop(f"{scope_key(call)}|{language(call)}", None)
    return changed(call)


def changed(call: Call) -> bool:
    """Keep the bot and tell the watchers."""
    call.state.keep_bot(call.bot)
    call.state.events.add("commands", call.bot.id, 0)
    return True


def get_commands(call: Call) -> list[Json]:
    """getMyCommands: exactly the asked scope and language."""
    return call.bot.commands.get(f"{scope_key(call)}|{language(call)}", [])


def visible_commands(bot: Bot, room: Room, user_id: int, language_code: str) -> list[Json]:
    """What a person sees in a chat: the narrowest scope, there the dedicated language first."""
    scopes = [f"chat:{room.id}", "all_private_chats"]
    if room.chat is not None:
        admin = room.chat.members.get(user_id) in ADMINS
        scopes = [f"chat_member:{room.id}:{user_id}"]
        scopes += [f"chat_administrators:{room.id}"] if admin else []
        scopes += [f"chat:{room.id}"]
        scopes += ["all_chat_administrators"] if admin else []
        scopes += ["all_group_chats"]
    short = language_code.lower().split("-")[0]
    for scope in [*scopes, "default"]:
        for code in (short, ""):
            if f"{scope}|{code}" in bot.commands:
                return bot.commands[f"{scope}|{code}"]
    return []


def set_text(field: str) -> Any:
    """setMyName, setMyDescription, setMyShortDescription."""

    def method(call: Call) -> bool:
        text = call.params.text(field).strip()
        if len(text) > TEXT_LIMITS[field]:
            raise bad(f"bot {field.replace('_', ' ')} is too long")
        call.bot.texts[f"{field}|{language(call)}"] = text
        call.state.keep_bot(call.bot)
        return True

    return method


def get_text(field: str) -> Any:
    """getMyName, getMyDescription, getMyShortDescription."""

    def method(call: Call) -> Json:
        texts = call.bot.texts
        text = texts.get(f"{field}|{language(call)}") or texts.get(f"{field}|", "")
        return {field: text or (call.bot.name if field == "name" else "")}

    return method


def set_menu_button(call: Call) -> bool:
    """setChatMenuButton."""
    button = call.params.json("menu_button", "can't parse MenuButton JSON object")
    button = button or {"type": "default"}
    if button.get("type") not in ("default", "commands", "web_app"):
        raise bad("can't parse MenuButton: unsupported type specified")
    call.bot.menu_buttons[call.params.text("chat_id")] = button
    call.state.keep_bot(call.bot)
    return True


def get_menu_button(call: Call) -> Json:
    """getChatMenuButton."""
    buttons = call.bot.menu_buttons
    button = buttons.get(call.params.text("chat_id")) or buttons.get("")
    return button if button and button["type"] != "default" else {"type": "commands"}


METHODS: dict[str, Any] = {
    "setmycommands": set_commands,
    "deletemycommands": delete_commands,
    "getmycommands": get_commands,
    "setchatmenubutton": set_menu_button,
    "getchatmenubutton": get_menu_button,
    **{f"setmy{field.replace('_', '')}": set_text(field) for field in TEXT_LIMITS},
    **{f"getmy{field.replace('_', '')}": get_text(field) for field in TEXT_LIMITS},
}
