"""Who exports which metric: the one table that every rule and every panel is checked against.

A query over a metric that nobody exports is the quietest mistake there is: it never fires, and its panel is
empty. Names are those of the versions that Ferry pins; ``source`` says where they are documented.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Exporter:
    """A program that Prometheus scrapes.

    Attributes:
        name: as an operator knows it.
        capability: the capability that brings it.
        metrics: the names that Ferry uses, no more.
        source: where they are documented.
        contract: whether the program is Ferry's own, and these names are what it has to export.
    """

    name: str
    capability: str
    metrics: tuple[str, ...]
    source: str
    contract: bool = False


EXPORTERS = (
    # What they really export is compared with this by tests/infra/watching/test_contract.py.
    # Labels of the guard's and the adapters' series: `workload`; `side` (legacy or platform); `slot`;
    # `traffic` (live, or mirror for answers that no caller sees); `code`, the caller's HTTP status.
    # Counters begin at 0 when the program starts, so that the first increase is seen.
    Exporter(
        "guard and adapters",
        "basic_metrics",
        (
            "inference_requests_total",
            "inference_latency_seconds_bucket",
            "model_confidence_sum",
            "model_confidence_count",
            "ferry_workload_stage",
            "ferry_workload_latency_objective_seconds",
            "ferry_guard_weight",
            "ferry_guard_ceiling",
            "ferry_guard_latched",
            "ferry_guard_heartbeat_timestamp_seconds",
            "ferry_shadow_compared_total",
            "ferry_shadow_disagreements_total",
        ),
        "requirement B7, and docs/operate/watching.md",
        contract=True,
    ),
    Exporter(
        "kube-state-metrics",
        "basic_metrics",
        (
            "kube_job_status_active",
            "kube_job_status_failed",
            "kube_job_status_start_time",
            "kube_node_status_capacity",
            "kube_pod_container_resource_requests",
            "kube_pod_status_phase",
            "kube_statefulset_replicas",
            "kube_statefulset_status_replicas_ready",
        ),
        "github.com/kubernetes/kube-state-metrics docs/metrics",
    ),
    Exporter(
        "Prometheus",
        "basic_metrics",
        ("up", "alertmanager_notifications_failed_total", "alertmanager_notifications_total"),
        "every scrape, and Alertmanager's own metrics",
    ),
    Exporter(
        "Karpenter",
        "basic_metrics",
        ("karpenter_nodepools_limit", "karpenter_nodepools_usage"),
        "karpenter.sh/docs/reference/metrics",
    ),
    Exporter(
        "CloudWatch exporter (YACE)",
        "basic_metrics",
        (
            "aws_elasticache_database_memory_usage_percentage_maximum",
            "aws_elasticache_engine_cpuutilization_maximum",
            "aws_elasticache_evictions_sum",
            "aws_elasticache_get_type_cmds_latency_average",
            "aws_elasticache_replication_lag_maximum",
            "aws_rds_cpuutilization_average",
            "aws_rds_database_connections_maximum",
            "aws_rds_free_storage_space_minimum",
            "aws_rds_freeable_memory_minimum",
        ),
        "github.com/prometheus-community/yet-another-cloudwatch-exporter: aws_<service>_<metric>_<statistic>",
    ),
    Exporter(
        "Argo workflow controller, of Kubeflow Pipelines too",
        "pipelines",
        ("argo_workflows_total_count", "argo_workflows_gauge"),
        "argo-workflows.readthedocs.io/en/latest/metrics (3.6 and later)",
    ),
    Exporter(
        "DCGM exporter",
        "gpu_monitoring",
        (
            "DCGM_FI_DEV_FB_FREE",
            "DCGM_FI_DEV_FB_USED",
            "DCGM_FI_DEV_GPU_TEMP",
            "DCGM_FI_DEV_GPU_UTIL",
            "DCGM_FI_DEV_POWER_USAGE",
            "DCGM_FI_DEV_XID_ERRORS",
        ),
        "github.com/NVIDIA/dcgm-exporter etc/default-counters.csv",
    ),
    Exporter(
        "cert-manager",
        "cluster_services",
        ("certmanager_certificate_expiration_timestamp_seconds", "certmanager_certificate_ready_status"),
        "cert-manager.io/docs/devops-tips/prometheus-metrics",
    ),
    Exporter(
        "external-secrets",
        "cluster_services",
        ("externalsecret_status_condition",),
        "external-secrets.io/latest/api/metrics",
    ),
    Exporter(
        "Triton",
        "model_serving",
        (
            "nv_inference_count",
            "nv_inference_queue_duration_us",
            "nv_inference_request_failure",
            "nv_inference_request_success",
        ),
        "docs.nvidia.com/deeplearning/triton-inference-server: metrics",
    ),
)


def exported(capabilities: frozenset[str]) -> frozenset[str]:
    """Names of the metrics that are there when these capabilities are on."""
    there = (item.metrics for item in EXPORTERS if item.capability in capabilities)
    return frozenset(name for names in there for name in names)
