"""Orders and wishes that somebody typed in a chat, or pressed under a message there."""
