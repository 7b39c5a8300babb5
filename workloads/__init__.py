"""Who runs on the platform, and how each workload moves to it: specs, catalogue, stages, slots, evidence."""
