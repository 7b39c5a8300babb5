"""Features move from the old store to Redis: backfill, dual write, a comparison that the gate reads (C13)."""
