"""Who is told what (B7): Alertmanager's configuration. Pure.

Slack's webhook is a password: who has it writes in the company's name. So the configuration names a file, and
the file comes from Secrets Manager by way of external-secrets.
"""

from __future__ import annotations

from typing import Any

from infra.charts.values.prometheus_stack import SLACK_FOLDER
from infra.watching.rules.model import Severity
from infra.watching.rules.objectives import BURNS

WEBHOOK = f"{SLACK_FOLDER}/url"
RECEIVER = "slack"

_TITLE = (
    '{{ if eq .Status "firing" }}[{{ .CommonLabels.severity }}]{{ else }}[over]{{ end }} '
    "{{ .CommonLabels.alertname }}"
)
_TEXT = "{{ range .Alerts }}{{ .Annotations.summary }} ({{ .Annotations.runbook }})\n{{ end }}"


def routing(channel: str) -> dict[str, Any]:
    """Alertmanager's configuration: one channel, one message for each alert of each workload.

    What is critical is said at once and again every hour; the rest is collected and repeated twice a day.

    Args:
        channel: of Slack, ``#ml-platform``.
    """
    critical = {
        "matchers": [f'severity="{Severity.CRITICAL}"'],
        "receiver": RECEIVER,
        "group_wait": "10s",
        "repeat_interval": "1h",
    }
    return {
        "global": {"resolve_timeout": "5m"},
        "route": {
            "receiver": RECEIVER,
            "group_by": ["alertname", "workload"],
            "group_wait": "1m",
            "group_interval": "5m",
            "repeat_interval": "12h",
            "routes": [critical],
        },
        "inhibit_rules": _quieted(),
        "receivers": [{"name": RECEIVER, "slack_configs": [_slack(channel)]}],
        "templates": [],
    }


def _slack(channel: str) -> dict[str, Any]:
    return {
        "api_url_file": WEBHOOK,
        "channel": channel,
        "send_resolved": True,
        "title": _TITLE,
        "text": _TEXT,
    }


def _quieted() -> list[dict[str, Any]]:
    """While a workload's budget burns fast, nobody has to be told that it also burns slowly."""
    names = [burn.name for burn in BURNS]
    return [
        {
            "source_matchers": [f'alertname="{faster}"'],
            "target_matchers": [f'alertname=~"{"|".join(names[index + 1 :])}"'],
            "equal": ["workload"],
        }
        for index, faster in enumerate(names[:-1])
    ]
