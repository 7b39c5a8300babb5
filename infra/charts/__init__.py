"""Charts of others: which, pinned how, and with what values."""
