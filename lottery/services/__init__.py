"""What giveaways do: one module a noun."""
