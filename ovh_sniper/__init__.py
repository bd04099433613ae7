"""Watches OVH dedicated-server stock and orders what was wished."""
