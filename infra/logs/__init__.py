"""Central logs (B11): Fluent Bit on every node, log groups with a key and an end."""

from infra.logs.component import Logs, LogsArgs

__all__ = ["Logs", "LogsArgs"]
