"""``ferry images``: the project's own images, built, signed and known by digest before they are deployed."""

from ferry.images.command import app

__all__ = ["app"]
