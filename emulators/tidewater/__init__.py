"""A stand-in for Tidewater Cloud, which does not exist: a second cloud is one gateway file."""

from emulators.tidewater.emulator import TidewaterEmulator

__all__ = ["TidewaterEmulator"]
