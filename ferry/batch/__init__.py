"""Batch work: both sides run, outputs are compared, and each logical date is published once (C9)."""
