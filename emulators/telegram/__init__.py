"""A strict fake of Telegram's Bot API."""

from emulators.telegram.emulator import TelegramEmulator

__all__ = ["TelegramEmulator"]
