"""The bot itself, files and profile photos."""

from typing import Any

from emulators.telegram.call import Call
from emulators.telegram.errors import bad
from emulators.telegram.files import MAX_DOWNLOAD
from emulators.wsgi import Json


def get_me(call: Call) -> Json:
    """getMe."""
    return {
        **call.bot.user(),
        "can_join_groups": True,
        "can_read_all_group_messages": not call.bot.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def get_file(call: Call) -> Json:
    """getFile."""
    file = call.state.files.get(call.params.text("file_id"))
    if file is None or file.bot_id != call.bot.id:
        raise bad("wrong file_id or the file is temporarily unavailable")
    if file.size > MAX_DOWNLOAD:
        raise bad("file is too big")
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": file.path,
    }


def get_photos(call: Call) -> Json:
    """getUserProfilePhotos: nobody has any."""
    if call.params.integer("user_id") not in call.state.people:
        raise bad("user not found")
    return {"total_count": 0, "photos": []}


def farewell(_call: Call) -> bool:
    """logOut and close: nothing to release here."""
    return True


METHODS: dict[str, Any] = {
    "getme": get_me,
    "getfile": get_file,
    "getuserprofilephotos": get_photos,
    "logout": farewell,
    "close": farewell,
}
