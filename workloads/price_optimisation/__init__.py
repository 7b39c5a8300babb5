"""Which price an item should have."""
