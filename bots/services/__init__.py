"""What bots do: one module a noun."""
