"""The middle layer: bots, the people who talk to them, what comes in and what goes out."""
