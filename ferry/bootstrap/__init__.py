"""What a stack cannot make for itself, made once per environment: ``ferry bootstrap``."""

from ferry.bootstrap.command import bootstrap

__all__ = ["bootstrap"]
