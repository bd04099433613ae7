"""A stand-in for OVHcloud's API: accounts, stock, catalogue, carts and orders of three hosts."""

from emulators.ovh.emulator import OvhEmulator

__all__ = ["OvhEmulator"]
