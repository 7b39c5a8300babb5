"""Pipelines and training (requirement B7, D: more than 95% of runs succeed)."""

from __future__ import annotations

from infra.watching.rules.model import Alert, Group, Recording, Severity

TARGET = 0.95
FEWEST_RUNS = 10
"""Below so many runs a share says nothing: one failure of three would be 67%."""

SUCCESS = "pipelines:success:ratio1w"


def _finished(phases: str, window: str) -> str:
    return f'sum(increase(argo_workflows_total_count{{phase=~"{phases}"}}[{window}]))'


# Without `or` there would be no ratio as long as no run has ever succeeded.
_RATIO = (
    f"({_finished('Succeeded', '1w')} or vector(0)) / {_finished('Succeeded|Failed|Error', '1w')} "
    f"and {_finished('Succeeded|Failed|Error', '1w')} >= {FEWEST_RUNS}"
)

_WAITING = (
    'sum by (namespace, pod) (kube_pod_status_phase{phase="Pending"}) == 1 and on (namespace, pod) '
    'sum by (namespace, pod) (kube_pod_container_resource_requests{resource="nvidia_com_gpu"}) > 0'
)

ALERTS = (
    Alert(
        "PipelineSuccessBelowTarget",
        f"{SUCCESS} < {TARGET}",
        Severity.WARNING,
        "{{ $value | humanizePercentage }} of the week's pipeline runs succeeded; the target is 95%",
        lasting="15m",
    ),
    Alert(
        "PipelinesAllFail",
        f"{_finished('Failed|Error', '1d')} > 0 unless {_finished('Succeeded', '1d')} > 0",
        Severity.CRITICAL,
        '{{ printf "%.0f" $value }} pipeline runs failed in a day and none succeeded',
        lasting="15m",
    ),
    Alert(
        "GpuPodWaits",
        _WAITING,
        Severity.WARNING,
        "{{ $labels.namespace }}/{{ $labels.pod }} asks for a GPU and has waited for 20 minutes",
        lasting="20m",
    ),
)

GROUP = Group("ferry-pipelines", "pipelines", alerts=ALERTS, recordings=(Recording(SUCCESS, _RATIO),))
