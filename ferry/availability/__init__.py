"""Availability: what AWS promises in series, and what a zone's outage leaves; decided purely."""

from ferry.availability.command import availability

__all__ = ["availability"]
