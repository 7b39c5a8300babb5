"""The text on a scanned document (the second worked example)."""
