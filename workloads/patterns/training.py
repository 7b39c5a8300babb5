"""A search as an object of Katib. Pure (requirements B3, C3, D)."""

from __future__ import annotations

from typing import Any

from infra.katib.names import TRIAL
from infra.specs.crossing import TrainingImage
from workloads.patterns.migration import Names
from workloads.patterns.pods import ON_ITS_OWN, USER
from workloads.search import Parameter, SearchSpec

GPU = "nvidia.com/gpu"
CONTAINER = "training"
FAILED = 3
"""Trials that may fail before the search is given up: a fifth of the usual fifteen."""


def experiment(names: Names, search: SearchSpec, trained: TrainingImage) -> dict[str, Any]:
    """Spec of a Katib Experiment: Bayesian, one Job for each trial, the metric read from its output."""
    return {
        "objective": {"type": "maximize", "goal": search.goal, "objectiveMetricName": search.metric},
        "algorithm": {"algorithmName": "bayesianoptimization"},
        "parallelTrialCount": search.parallel,
        "maxTrialCount": search.trials,
        "maxFailedTrialCount": FAILED,
        "parameters": [_dimension(item) for item in search.parameters],
        "metricsCollectorSpec": {"collector": {"kind": "StdOut"}},
        "trialTemplate": {
            "retain": False,
            "primaryContainerName": CONTAINER,
            "trialParameters": [
                {"name": item.name, "reference": item.name, "description": f"{item.low} to {item.high}"}
                for item in search.parameters
            ],
            "trialSpec": _job(names, search, trained),
        },
    }


def _dimension(item: Parameter) -> dict[str, Any]:
    """Katib takes numbers as text."""
    whole = item.kind == "int"
    space = {"min": _text(item.low, whole=whole), "max": _text(item.high, whole=whole)}
    if item.step is not None:
        space["step"] = _text(item.step, whole=whole)
    return {"name": item.name, "parameterType": item.kind, "feasibleSpace": space}


def _text(value: float, *, whole: bool) -> str:
    return str(int(value)) if whole else repr(value)


def _job(names: Names, search: SearchSpec, trained: TrainingImage) -> dict[str, Any]:
    arguments = [f"--{item.name}=${{trialParameters.{item.name}}}" for item in search.parameters]
    gpus = {GPU: str(trained.gpus)} if trained.gpus else {}
    amounts = {"cpu": trained.cpu, "memory": trained.memory, **gpus}
    pod = {
        "serviceAccountName": names.training,
        "automountServiceAccountToken": False,
        "restartPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "tolerations": [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}] if gpus else [],
        "containers": [
            {
                "name": CONTAINER,
                "image": trained.image,
                "command": ["train"],
                "args": arguments,
                "resources": {"requests": amounts, "limits": {"memory": trained.memory, **gpus}},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "spec": {
            "backoffLimit": 0,
            # Katib's own sidecar reads the output; a mesh's would keep the Job from ending.
            "template": {"metadata": {"labels": TRIAL, "annotations": ON_ITS_OWN}, "spec": pod},
        },
    }
