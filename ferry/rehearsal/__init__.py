"""Rehearse: one environment, from nothing to everything and back to nothing, on this machine."""
