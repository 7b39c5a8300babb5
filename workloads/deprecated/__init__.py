"""Models that nobody asks any more; retired without moving."""
