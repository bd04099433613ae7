"""Template tags of the portal's frame."""
