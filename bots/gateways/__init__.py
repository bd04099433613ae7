"""The outside services that bots speak to."""
