"""The guard: finds that the platform got worse, and takes its traffic away within seconds (C8)."""
