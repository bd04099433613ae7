"""The verbs of the bottom layer."""
