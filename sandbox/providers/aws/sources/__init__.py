"""Data sources: functions from arguments to an answer, one module per part of AWS."""
