"""Rents out TRON energy."""
