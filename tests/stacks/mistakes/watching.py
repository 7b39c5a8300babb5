"""What watches the platform (B7), one log-in (B10), and the chatbot (B12)."""

from __future__ import annotations

from tests.stacks.mistakes.row import Row

_WATCHING = "services.watching"

ROWS = [
    Row(
        "metrics without a word on them",
        "dev",
        {_WATCHING: None},
        "ferry:services.watching",
        'the capability "basic_metrics" is on, and nothing is said under watching',
        "slack_channel",
    ),
    Row(
        "alerts that reach nobody",
        "prod",
        {
            "capabilities.cluster_services": False,
            "capabilities.pipelines": False,
            "capabilities.scheduled_runs": False,
        },
        "ferry:capabilities.cluster_services",
        "no alert would reach anybody",
        "cluster_services: true",
    ),
    Row(
        "channel by its webhook",
        "dev",
        {f"{_WATCHING}.slack_channel": "https://hooks.slack.com/services/x"},
        "ferry:services.watching.slack_channel",
        "is not the name of a channel in Slack",
        "#ml",
    ),
    Row(
        "measurements for less than the longest rule looks back",
        "prod",
        {f"{_WATCHING}.retention_days": 3},
        "ferry:services.watching.retention_days",
        "at least 8",
        "15",
    ),
    Row(
        "an issuer that nobody named",
        "dev",
        {"services.single_sign_on": None},
        "ferry:services.single_sign_on",
        'the capability "single_sign_on" is on, and nothing is said under single_sign_on',
        "issuer",
    ),
    Row(
        "an issuer without TLS",
        "dev",
        {"services.single_sign_on.issuer": "http://login.example.com"},
        "ferry:services.single_sign_on.issuer",
        "is not an address that begins with https://",
        "https://login.example.com/realms/ml",
    ),
    Row(
        "people sent back to many names",
        "dev",
        {"services.gateway.hostname": "*.ml-dev.example.com"},
        "ferry:services.gateway.hostname",
        "the issuer has to know the one",
        "hostname: ml.example.com",
    ),
    Row(
        "a chatbot without an image",
        "dev",
        {"capabilities.chatbot": True},
        "ferry:services.chatbot",
        'the capability "chatbot" is on, and nothing is said under chatbot',
        "image",
    ),
]
