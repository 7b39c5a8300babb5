"""What a component can be told, as pure data: settings, policy, cost and CLI read it without an engine."""
