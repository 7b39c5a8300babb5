"""Who runs on the platform, and how each workload moves to it. Nothing is built here yet."""
