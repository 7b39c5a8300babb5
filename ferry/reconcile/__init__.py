"""``ferry reconcile``: what an interrupted `up` made and the state lost is adopted (requirement E1)."""

from ferry.reconcile.command import reconcile

__all__ = ["reconcile"]
