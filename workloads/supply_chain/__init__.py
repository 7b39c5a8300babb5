"""Which delivery will be late."""
