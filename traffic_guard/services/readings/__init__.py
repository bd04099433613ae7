"""What is left, and what is unknown."""
