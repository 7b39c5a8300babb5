"""What rots when nobody looks: certificates, synced secrets, node limits, the way to Slack (B7, B9)."""

from __future__ import annotations

from infra.watching.rules.model import Alert, Group, Severity

DAYS_LEFT = 14
"""cert-manager renews when a third of the life is left (30 of 90 days): at 14 it has failed for two weeks."""
NEARLY = 0.9

CERTIFICATES = (
    Alert(
        "CertificateExpires",
        "min by (namespace, name) (certmanager_certificate_expiration_timestamp_seconds) - time() "
        f"< {DAYS_LEFT} * 86400",
        Severity.CRITICAL,
        "{{ $labels.namespace }}/{{ $labels.name }} expires in {{ $value | humanizeDuration }}",
        lasting="1h",
    ),
    Alert(
        "CertificateNotReady",
        'max by (namespace, name) (certmanager_certificate_ready_status{condition="True"}) == 0',
        Severity.WARNING,
        "{{ $labels.namespace }}/{{ $labels.name }} is not issued",
        lasting="15m",
    ),
    Alert(
        "SecretNotSynced",
        'max by (namespace, name) (externalsecret_status_condition{condition="Ready",status="False"}) == 1',
        Severity.WARNING,
        "{{ $labels.namespace }}/{{ $labels.name }} does not follow Secrets Manager",
        lasting="15m",
    ),
)

SERVING = (
    Alert(
        "TritonQueueLong",
        "sum by (namespace, model) (rate(nv_inference_queue_duration_us[5m])) "
        "/ sum by (namespace, model) (rate(nv_inference_request_success[5m])) > 50000",
        Severity.WARNING,
        '{{ $labels.model }}: requests wait {{ printf "%.0f" $value }} µs before they are computed',
        lasting="10m",
    ),
    Alert(
        "TritonRequestsFail",
        "sum by (namespace, model) (rate(nv_inference_request_failure[5m])) > 0.01 * "
        "(sum by (namespace, model) (rate(nv_inference_request_success[5m])) + "
        "sum by (namespace, model) (rate(nv_inference_request_failure[5m])))",
        Severity.CRITICAL,
        '{{ $labels.model }}: {{ printf "%.2f" $value }} requests a second fail in Triton',
        lasting="5m",
    ),
)

PLATFORM = (
    Alert(
        "NodePoolNearLimit",
        "max by (nodepool, resource_type) (karpenter_nodepools_usage) "
        f"/ max by (nodepool, resource_type) (karpenter_nodepools_limit) > {NEARLY}",
        Severity.WARNING,
        "Pool {{ $labels.nodepool }} uses {{ $value | humanizePercentage }} of its limit of "
        "{{ $labels.resource_type }}",
        lasting="15m",
    ),
    Alert(
        "NotificationsFail",
        "sum by (integration) (rate(alertmanager_notifications_failed_total[15m])) "
        "/ sum by (integration) (rate(alertmanager_notifications_total[15m])) > 0.01",
        Severity.CRITICAL,
        "{{ $value | humanizePercentage }} of messages to {{ $labels.integration }} do not arrive",
        lasting="10m",
    ),
)

GROUPS = (
    Group("ferry-certificates", "cluster_services", alerts=CERTIFICATES),
    Group("ferry-serving", "model_serving", alerts=SERVING),
    Group("ferry-platform", "basic_metrics", alerts=PLATFORM),
)
