"""Experiments that teams keep running."""
