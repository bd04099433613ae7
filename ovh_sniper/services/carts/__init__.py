"""Carts made ahead, kept warm, and compared with what was wished."""
