"""What the log collector may do; pure."""

from __future__ import annotations

from collections.abc import Sequence

from infra.iam import Statement


def write_logs(groups: Sequence[str]) -> list[Statement]:
    """Make streams in these groups and write to them; read, list and delete nothing, and make no group.

    Args:
        groups: their ARNs, with or without the ``:*`` that AWS's API puts behind them.
    """
    exact = [group.removesuffix(":*") for group in groups]
    return [
        Statement(
            sid="WriteStreamsOfOwnGroups",
            actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources=[part for group in exact for part in (group, f"{group}:log-stream:*")],
            reason="a stream is named after the pod that writes it; the group in front is exact",
        )
    ]
