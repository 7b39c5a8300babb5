"""Models behind internal tools, such as ticket routing."""
