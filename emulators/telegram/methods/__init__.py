"""Every Bot API method the emulator knows, by lower-case name."""

from typing import Any

from emulators.telegram.methods import account, chats, commands, edit, polling, send, webhook

METHODS: dict[str, Any] = {
    **account.METHODS,
    **chats.METHODS,
    **commands.METHODS,
    **edit.METHODS,
    **polling.METHODS,
    **send.METHODS,
    **webhook.METHODS,
}
