"""Giveaways."""
