"""How much of each item will be needed where."""
