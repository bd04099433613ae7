"""What the bot says to the person in front of it; the active language counts."""
