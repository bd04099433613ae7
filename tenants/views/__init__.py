"""Pages of the bottom layer."""
