"""Waiting until an object is ready, or gone: ready as the official provider means it for each kind."""

from sandbox.providers.kubernetes.awaits.waiting import Waiter, WaitError

__all__ = ["WaitError", "Waiter"]
