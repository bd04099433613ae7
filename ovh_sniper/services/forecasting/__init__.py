"""When stock came and went, and the chance that it comes back."""
