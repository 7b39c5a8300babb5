"""Pipelines by the clock: starts one run of a workload's pipeline, unless one is still under way (C9, D)."""
