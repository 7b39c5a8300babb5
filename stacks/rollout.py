"""Which capabilities an environment has: a level switches them on, each can be overridden (requirement E5).

Pure. The table is the one list of what Ferry offers; ``built`` says whether the code is there. A level that
includes something not built is refused until a reviewed line says so, so that nobody believes to have
disaster recovery who has none.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How far an environment goes; each level includes those before it."""

    FOUNDATION = "foundation"
    """Single instances, basic metrics, authentication."""
    PRODUCTION = "production"
    """Survives the loss of a zone, and says who did what. Not the environment prod: dev has it too."""
    ENTERPRISE = "enterprise"
    """Single sign-on, a second region, automated retraining, reports for auditors."""
    INNOVATION = "innovation"
    """Hyper-parameter search and explanations of predictions."""

    def includes(self, other: Level) -> bool:
        """Whether everything of ``other`` is part of this level."""
        order = list(Level)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True)
class Capability:
    """Something an environment can have.

    Attributes:
        since: the lowest level that switches it on; None for what no level includes: an optional service, or
            an extension point, which is not built.
        requirement: id in the requirements.
        what: in a few words.
        built: whether this version of Ferry makes it.
        core: whether everything else stands on it, so that it cannot be switched off.
        holds: data that go for good when it is switched off; empty for none.
    """

    since: Level | None
    requirement: str
    what: str
    built: bool = False
    core: bool = False
    holds: str = ""


_F, _P, _E, _I = Level.FOUNDATION, Level.PRODUCTION, Level.ENTERPRISE, Level.INNOVATION

CAPABILITIES: Mapping[str, Capability] = {
    "network": Capability(_F, "A1", "VPC over three zones", built=True, core=True),
    "cluster": Capability(_F, "A2", "EKS with access entries", built=True, core=True),
    "node_autoscaling": Capability(_F, "A3", "Karpenter, general and GPU nodes", built=True, core=True),
    "workload_identity": Capability(_F, "A4", "one IAM role per service account", built=True, core=True),
    "artifact_stores": Capability(_F, "A5", "versioned, encrypted buckets", built=True, core=True),
    "feature_store": Capability(_F, "A6", "Redis", built=True, core=True),
    "tracking_database": Capability(_F, "A7", "Postgres for MLflow", built=True, core=True),
    "image_registry": Capability(_F, "A8", "ECR repositories", built=True, core=True),
    "experiment_tracking": Capability(_F, "B1", "MLflow", built=True),
    "pipelines": Capability(
        _F, "B2", "Kubeflow Pipelines", built=True, holds="every pipeline, run and experiment in its database"
    ),
    "model_serving": Capability(_F, "B4", "Triton for the workloads' models", built=True),
    "deployment_sync": Capability(_F, "B5", "Argo CD: models as Applications", built=True),
    "gateway": Capability(_F, "B6", "Envoy Gateway behind a network load balancer", built=True),
    "gpu_monitoring": Capability(_F, "B8", "NVIDIA device plugin and DCGM exporter", built=True),
    "cluster_services": Capability(_F, "B9", "cert-manager, external-secrets, metrics-server", built=True),
    "central_logs": Capability(_F, "B11", "Fluent Bit to CloudWatch", built=True),
    "data_migration": Capability(_F, "A9", "DataSync into the artifact stores", built=True),
    "basic_metrics": Capability(
        _F, "B7", "Prometheus, Grafana, alerts", built=True, holds="what Prometheus has measured"
    ),
    "authentication": Capability(_F, "B1", "a log-in for everything that people open", built=True),
    "high_availability": Capability(_P, "B1", "two or more replicas of every platform service", built=True),
    "team_access": Capability(_P, "B10", "RBAC and quotas per team and namespace", built=True),
    "drift_detection": Capability(
        _P, "C3", "an hourly look at whether a rebuilt model has drifted", built=True
    ),
    "audit": Capability(
        _P, "A10", "CloudTrail for data events", built=True, holds="every file that the trail has written"
    ),
    "backup": Capability(
        _P, "A11", "AWS Backup plans and rehearsed restores", built=True, holds="every backup in its vaults"
    ),
    "scheduled_runs": Capability(_P, "C9", "pipelines by the clock, one run at a time", built=True),
    "single_sign_on": Capability(_E, "B10", "OIDC for Grafana, Argo CD and MLflow's pages", built=True),
    "ab_testing": Capability(_E, "C6", "split of users between two versions"),
    "multi_model_serving": Capability(_E, "B4", "many models on one Triton"),
    "automated_retraining": Capability(
        _E, "C3", "rebuilt models train themselves anew by their schedule", built=True
    ),
    "legacy_adapters": Capability(_E, "C8", "adapters for old systems that are not SageMaker", built=True),
    "custom_workflows": Capability(_E, "B5", "Argo Workflows of one's own", built=True),
    "catalogue_page": Capability(_E, "E5", "every served model's API and owner on a page"),
    "disaster_recovery": Capability(_E, "A11", "copies in another region, restore by runbook"),
    "second_region": Capability(_E, "A12", "the same stacks in another region"),
    "data_residency": Capability(_E, "E5", "stores and copies stay in named regions", built=True),
    "compliance_report": Capability(_E, "E5", "controls and their evidence, for auditors", built=True),
    "hyperparameter_search": Capability(_I, "B3", "Katib: Bayesian search", built=True),
    "explainability": Capability(_I, "C3", "explanations of predictions"),
    "chatbot": Capability(None, "B12", "a chatbot beside the OCR pipeline", built=True),
    "edge_bundles": Capability(None, "E5", "models packed for devices at the edge"),
    "automl": Capability(None, "E5", "search over architectures, beyond hyper-parameters"),
    "bandits": Capability(None, "E5", "traffic shares that learn"),
}


@dataclass(frozen=True)
class Impossible:
    """Why a rollout cannot be: the keys that are wrong, the fact, and lines that make it right."""

    key: str
    fact: str
    example: str


def enabled(level: Level, overrides: Mapping[str, bool]) -> frozenset[str]:
    """Capabilities that are on: those of the level, changed by the overrides."""
    by_level = {name for name, item in CAPABILITIES.items() if item.since and level.includes(item.since)}
    switched_on = {name for name, on in overrides.items() if on}
    switched_off = {name for name, on in overrides.items() if not on}
    return frozenset((by_level | switched_on) - switched_off)


def problems(level: Level, overrides: Mapping[str, bool]) -> list[Impossible]:
    """Everything that makes this rollout impossible; an empty list says that it can be."""
    found = [problem for name, on in overrides.items() if (problem := _override(name, on=on))]
    unbuilt = [
        name for name in sorted(enabled(level, overrides) - set(overrides)) if not CAPABILITIES[name].built
    ]
    if unbuilt:
        found.append(_opt_out(level, unbuilt))
    return found


def _override(name: str, *, on: bool) -> Impossible | None:
    key = f"capabilities.{name}"
    if name not in CAPABILITIES:
        near = difflib.get_close_matches(name, CAPABILITIES, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(sorted(CAPABILITIES))}"
        shown = f"{near[0]}: false" if near else "remove the line"
        return Impossible(key, f'there is no capability "{name}"; {hint}', shown)
    item = CAPABILITIES[name]
    if on and item.since is None and not item.built:
        fact = f'"{name}" ({item.what}) is an extension point: documented, and not built'
        return Impossible(key, fact, f"remove the line, or write {name}: false")
    if on and not item.built:
        fact = f'"{name}" ({item.what}, requirement {item.requirement}) is not built yet'
        return Impossible(key, fact, f"{name}: false")
    if not on and item.core:
        fact = f'"{name}" ({item.what}) cannot be switched off: everything else stands on it'
        return Impossible(key, fact, "remove the line")
    return None


def _opt_out(level: Level, unbuilt: list[str]) -> Impossible:
    what = ", ".join(unbuilt)
    fact = (
        f'"{level}" includes what this version of Ferry does not build yet ({what}), '
        "so the environment would have less than its level promises"
    )
    lines = "\n".join(f"  {name}: false" for name in unbuilt)
    return Impossible("rollout", fact, f"say so in the stack file:\nferry:capabilities:\n{lines}")
