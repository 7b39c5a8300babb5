"""Judge what is about to be applied: pure rules with their sources, and the pack that the engine runs."""
