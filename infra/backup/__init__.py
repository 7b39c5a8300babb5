"""Backup (A11): AWS Backup takes what carries the environment's tag, locks it, and copies it away."""

from infra.backup.component import Backup, BackupArgs

__all__ = ["Backup", "BackupArgs"]
