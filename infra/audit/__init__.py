"""Audit (A10): CloudTrail writes down who read and changed the stores, where nobody else can write."""

from infra.audit.component import Audit, AuditArgs

__all__ = ["Audit", "AuditArgs"]
