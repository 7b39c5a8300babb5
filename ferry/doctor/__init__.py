"""Finds what will fail before it fails; each finding has its way out."""
