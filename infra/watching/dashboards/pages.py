"""The pages of requirement B7: what each asks of which metric."""

from __future__ import annotations

from infra.watching.dashboards.model import Dashboard, Panel, Query
from infra.watching.rules import migration, objectives, pipelines

_LIVE = 'workload=~"$workload",traffic="live"'
_MODEL = 'model=~"$model"'


def _rate(metric: str, labels: str, *by: str, window: str = "5m") -> str:
    return f"sum by ({', '.join(by)}) (rate({metric}{{{labels}}}[{window}]))"


def _quantile(share: float, metric: str, labels: str, *by: str) -> str:
    return f"histogram_quantile({share}, {_rate(metric, labels, *by, 'le')})"


THROUGHPUT = Dashboard(
    "ferry-throughput",
    "Inference throughput",
    "Requests as callers see them: how many, how many failed, how much of the month's budget is left.",
    "basic_metrics",
    filters={"workload": "inference_requests_total"},
    panels=(
        Panel(
            "Requests by side",
            "reqps",
            (Query(_rate("inference_requests_total", _LIVE, "workload", "side"), "{{workload}} {{side}}"),),
        ),
        Panel(
            "Failed requests by code",
            "reqps",
            (
                Query(
                    _rate("inference_requests_total", f'{_LIVE},code=~"5.."', "workload", "side", "code"),
                    "{{workload}} {{side}} {{code}}",
                ),
            ),
        ),
        Panel(
            "Share of failed requests in an hour (the objective allows 0.1%)",
            "percentunit",
            (Query(f'{objectives.ratio("1h")}{{workload=~"$workload"}}', "{{workload}}"),),
        ),
        Panel(
            "Burn rate over three days (1 spends the month's budget in a month)",
            "short",
            (
                Query(
                    f'{objectives.ratio("3d")}{{workload=~"$workload"}} / {objectives.BUDGET:g}',
                    "{{workload}}",
                ),
            ),
            number=True,
        ),
        Panel(
            "Latency",
            "s",
            tuple(
                Query(
                    _quantile(share, "inference_latency_seconds_bucket", _LIVE, "workload", "side"),
                    f"{{{{workload}}}} {{{{side}}}} p{share * 100:g}",
                )
                for share in (0.5, 0.99)
            ),
        ),
        Panel(
            "Mirrored requests",
            "reqps",
            (
                Query(
                    _rate(
                        "inference_requests_total",
                        'workload=~"$workload",traffic="mirror"',
                        "workload",
                        "side",
                    ),
                    "{{workload}} {{side}}",
                ),
            ),
        ),
    ),
)

MODELS = Dashboard(
    "ferry-models",
    "Model performance",
    "Confidence of answers, and Triton from within: time in the queue, failures.",
    "basic_metrics",
    filters={"workload": "model_confidence_count"},
    panels=(
        Panel(
            "Mean confidence in an hour, and in the week before",
            "percentunit",
            (
                Query(f'{migration.CONFIDENCE_HOUR}{{workload=~"$workload"}}', "{{workload}}"),
                Query(f'{migration.CONFIDENCE_WEEK}{{workload=~"$workload"}}', "{{workload}}, a week"),
            ),
        ),
        Panel(
            "Answers on which the sides disagree",
            "percentunit",
            (
                Query(
                    _rate(
                        "ferry_shadow_disagreements_total", 'workload=~"$workload"', "workload", window="30m"
                    )
                    + " / "
                    + _rate("ferry_shadow_compared_total", 'workload=~"$workload"', "workload", window="30m"),
                    "{{workload}}",
                ),
            ),
        ),
    ),
)

TRITON = Dashboard(
    "ferry-triton",
    "Triton",
    "The model servers from within.",
    "model_serving",
    filters={"model": "nv_inference_count"},
    panels=(
        Panel(
            "Inferences",
            "reqps",
            (Query(_rate("nv_inference_count", _MODEL, "model", "version"), "{{model}} {{version}}"),),
        ),
        Panel(
            "Time in the queue",
            "µs",
            (
                Query(
                    _rate("nv_inference_queue_duration_us", _MODEL, "model")
                    + " / "
                    + _rate("nv_inference_request_success", _MODEL, "model"),
                    "{{model}}",
                ),
            ),
        ),
        Panel(
            "Failed requests",
            "reqps",
            (Query(_rate("nv_inference_request_failure", _MODEL, "model"), "{{model}}"),),
        ),
    ),
)

_NODES = "dimension_CacheClusterId"
FEATURES = Dashboard(
    "ferry-features",
    "Feature store",
    "How long a read takes inside Redis, and whether Redis has room. Of ElastiCache; Redis in the cluster, "
    "which only dev has, shows no figures.",
    "basic_metrics",
    panels=(
        Panel(
            "Reads inside Redis",
            "µs",
            (
                Query(
                    f"max by ({_NODES}) (aws_elasticache_get_type_cmds_latency_average)", f"{{{{{_NODES}}}}}"
                ),
            ),
        ),
        Panel(
            "Memory in use",
            "percent",
            (
                Query(
                    f"max by ({_NODES}) (aws_elasticache_database_memory_usage_percentage_maximum)",
                    f"{{{{{_NODES}}}}}",
                ),
            ),
        ),
        Panel(
            "Engine's thread",
            "percent",
            (
                Query(
                    f"max by ({_NODES}) (aws_elasticache_engine_cpuutilization_maximum)", f"{{{{{_NODES}}}}}"
                ),
            ),
        ),
        Panel(
            "Evicted features",
            "short",
            (Query(f"sum by ({_NODES}) (aws_elasticache_evictions_sum)", f"{{{{{_NODES}}}}}"),),
        ),
        Panel(
            "Replicas behind their primary",
            "s",
            (Query(f"max by ({_NODES}) (aws_elasticache_replication_lag_maximum)", f"{{{{{_NODES}}}}}"),),
        ),
    ),
)

_JOBS = 'namespace=~"$namespace"'
TRAINING = Dashboard(
    "ferry-training",
    "Training jobs",
    "Pipelines and jobs: how many run, how many fail, how long the oldest has been at it.",
    "pipelines",
    filters={"namespace": "kube_job_status_active"},
    panels=(
        Panel(
            "Runs of this week that succeeded (target 95%)",
            "percentunit",
            (Query(pipelines.SUCCESS, "succeeded"),),
            number=True,
        ),
        Panel(
            "Workflows by phase",
            "short",
            (Query("sum by (phase) (argo_workflows_gauge)", "{{phase}}"),),
        ),
        Panel(
            "Finished in an hour",
            "short",
            (
                Query(
                    "sum by (phase) "
                    '(increase(argo_workflows_total_count{phase=~"Succeeded|Failed|Error"}[1h]))',
                    "{{phase}}",
                ),
            ),
        ),
        Panel(
            "Jobs: running and failed",
            "short",
            (
                Query(f"sum by (namespace) (kube_job_status_active{{{_JOBS}}})", "{{namespace}} running"),
                Query(f"sum by (namespace) (kube_job_status_failed{{{_JOBS}}})", "{{namespace}} failed"),
            ),
        ),
        Panel(
            "Age of the oldest running job",
            "s",
            (
                Query(
                    f"max by (namespace) ((time() - kube_job_status_start_time{{{_JOBS}}}) "
                    f"and on (namespace, job_name) (kube_job_status_active{{{_JOBS}}} > 0))",
                    "{{namespace}}",
                ),
            ),
        ),
        Panel(
            "Pods that wait for a GPU",
            "short",
            (
                Query(
                    'sum(kube_pod_status_phase{phase="Pending"} and on (namespace, pod) '
                    'kube_pod_container_resource_requests{resource="nvidia_com_gpu"} > 0)',
                    "waiting",
                ),
            ),
            number=True,
        ),
    ),
)

_CARD = "{{Hostname}} {{gpu}}"
GPUS = Dashboard(
    "ferry-gpus",
    "GPU",
    "What the GPUs do for their money, and how much of the pools' limits is used.",
    "gpu_monitoring",
    panels=(
        Panel(
            "Use",
            "percent",
            (Query("max by (Hostname, gpu) (DCGM_FI_DEV_GPU_UTIL)", _CARD),),
        ),
        Panel(
            "Memory in use",
            "decmbytes",
            (Query("max by (Hostname, gpu) (DCGM_FI_DEV_FB_USED)", _CARD),),
        ),
        Panel(
            "Temperature",
            "celsius",
            (Query("max by (Hostname, gpu) (DCGM_FI_DEV_GPU_TEMP)", _CARD),),
        ),
        Panel(
            "Power",
            "watt",
            (Query("max by (Hostname, gpu) (DCGM_FI_DEV_POWER_USAGE)", _CARD),),
        ),
        Panel(
            "Errors (XID)",
            "short",
            (Query("max by (Hostname, gpu) (DCGM_FI_DEV_XID_ERRORS)", _CARD),),
        ),
        Panel(
            "GPUs of the pools: used and allowed",
            "short",
            tuple(
                Query(
                    f'max by (nodepool) ({metric}{{resource_type="nvidia.com/gpu"}})',
                    f"{{{{nodepool}}}} {what}",
                )
                for metric, what in (
                    ("karpenter_nodepools_usage", "used"),
                    ("karpenter_nodepools_limit", "allowed"),
                )
            ),
        ),
    ),
)

_WORKLOAD = 'workload=~"$workload"'
MIGRATION = Dashboard(
    "ferry-migration",
    "Migration progress",
    "Where each workload stands, how much of its traffic the platform has, and whether the guard is awake.",
    "basic_metrics",
    filters={"workload": "ferry_workload_stage"},
    panels=(
        Panel(
            "Workloads by stage",
            "short",
            (Query("count by (stage) (ferry_workload_stage == 1)", "{{stage}}"),),
        ),
        Panel(
            "Traffic on the platform: weight and ceiling",
            "percent",
            (
                Query(f"max by (workload) (ferry_guard_weight{{{_WORKLOAD}}})", "{{workload}}"),
                Query(f"max by (workload) (ferry_guard_ceiling{{{_WORKLOAD}}})", "{{workload}} ceiling"),
            ),
        ),
        Panel(
            "Failures by side",
            "percentunit",
            (Query(f"{migration.SIDE_ERRORS}{{{_WORKLOAD}}}", "{{workload}} {{side}}"),),
        ),
        Panel(
            "Latency by side (p99)",
            "s",
            (
                Query(
                    _quantile(0.99, "inference_latency_seconds_bucket", _WORKLOAD, "workload", "side"),
                    "{{workload}} {{side}}",
                ),
            ),
        ),
        Panel(
            "Rolled back and latched",
            "short",
            (Query("sum(max by (workload) (ferry_guard_latched))", "workloads"),),
            number=True,
        ),
        Panel(
            "Age of the guard's heartbeat",
            "s",
            (Query("time() - max(ferry_guard_heartbeat_timestamp_seconds)", "seconds"),),
            number=True,
        ),
    ),
)

PAGES: tuple[Dashboard, ...] = (THROUGHPUT, MODELS, TRITON, FEATURES, TRAINING, GPUS, MIGRATION)
