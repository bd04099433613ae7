"""A shop in a chat."""
