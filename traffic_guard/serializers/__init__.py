"""What the REST API reads and shows."""
