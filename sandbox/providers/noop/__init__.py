"""A provider that does nothing: what the engine alone costs for the same inputs and dependencies."""
