"""Misspelt keys at every depth, missing ones, and values of a wrong kind."""

from __future__ import annotations

from tests.stacks.mistakes.row import GPU, Row

ROWS = [
    # misspelt keys at every depth
    Row(
        "key at the top", "dev", {"netwrok": 1}, "ferry:netwrok", 'did you mean "network"?', "ferry:network:"
    ),
    Row(
        "key one deep",
        "dev",
        {"network.natt": "single"},
        "ferry:network.natt",
        'did you mean "nat"?',
        "nat: per_zone",
    ),
    Row(
        "key two deep",
        "dev",
        {"cluster.endpoint.public_cidr": []},
        "ferry:cluster.endpoint.public_cidr",
        'did you mean "public_cidrs"?',
        "public_cidrs: [203.0.113.0/24]",
    ),
    Row(
        "key in a list",
        "dev",
        {f"{GPU}.gpu_limits": 1},
        "ferry:karpenter.pools[1].gpu_limits",
        'did you mean "gpu_limit"?',
        "gpu_limit: 4",
    ),
    Row(
        "key like nothing",
        "dev",
        {"storage.zzzzzz": 1},
        "ferry:storage.zzzzzz",
        "known are archive_after_days",
        "remove the line",
    ),
    Row(
        "name of an add-on",
        "dev",
        {"cluster.addons.corednss": "v1.13.2-eksbuild.21"},
        "ferry:cluster.addons.corednss",
        'did you mean "coredns"?',
        "coredns",
    ),
    Row(
        "environment as a key", "dev", {"environment": "prod"}, "ferry:environment", "stack's name", "remove"
    ),
    # missing
    Row("whole section missing", "dev", {"postgres": ...}, "ferry:postgres", "is missing", "instance_class:"),
    Row("one key missing", "prod", {"postgres.version": ...}, "ferry:postgres.version", "is missing", "17.7"),
    Row(
        "add-on missing",
        "dev",
        {"cluster.addons.coredns": ...},
        "ferry:cluster.addons.coredns",
        "is missing",
        "coredns: v1.13.2-eksbuild.21",
    ),
    # kinds of values
    Row(
        "text for a number",
        "dev",
        {"postgres.storage_gib": "20"},
        "ferry:postgres.storage_gib",
        'the text "20"; wanted is a whole number',
        "storage_gib: 50",
    ),
    Row(
        "number for a version",
        "dev",
        {"cluster.version": 1.35},
        "ferry:cluster.version",
        "the number 1.35; wanted is text",
        "'1.35'",
    ),
    Row("yes for true", "dev", {"protect": "yes"}, "ferry:protect", "true or false", "ferry:protect: true"),
    Row(
        "text for a mapping",
        "dev",
        {"redis": "small"},
        "ferry:redis",
        "wanted is a mapping",
        "mode: elasticache",
    ),
    Row(
        "text for a list",
        "dev",
        {"network.zones": "us-east-1a"},
        "ferry:network.zones",
        "a list",
        "us-east-1a",
    ),
    Row("empty value", "dev", {"network.nat": None}, "ferry:network.nat", "is empty", "nat: per_zone"),
    Row(
        "word not offered",
        "dev",
        {"network.nat": "two"},
        "ferry:network.nat",
        "'single' or 'per_zone'",
        "nat:",
    ),
    Row("too small", "dev", {"postgres.storage_gib": 5}, "ferry:postgres.storage_gib", "at least 20", "50"),
    Row(
        "too large",
        "prod",
        {"redis.replicas_per_shard": 6},
        "ferry:redis.replicas_per_shard",
        "at most 5",
        "replicas_per_shard: 1",
    ),
]
