"""What people are told, and the links and buttons in it."""
