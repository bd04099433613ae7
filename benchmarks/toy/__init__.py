"""A product whose command reads a row and writes one."""
