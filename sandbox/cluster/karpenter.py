"""The real Karpenter, run as its chart's Deployment would run it, from the release's values."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from sandbox.cluster.releases import Release
from sandbox.controlplane.client import MANAGER, Client
from sandbox.ports import free_ports
from sandbox.processes import Child, Command, Supervisor
from sandbox.worldspec import WorldSpec

log = logging.getLogger(__name__)

CHART = "karpenter"
ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
AUDIENCE = "sts.amazonaws.com"
_TOKEN_LIFE_S = 3600
_TOKEN_RENEWED_S = 600.0
_BACKOFF_S = 3.0  # a kubelet begins at 10 s; the CRDs it misses at first are seconds away
_READY_S = 60.0

# values.settings.<key> → variable, as in the chart's templates/deployment.yaml (v1.12.1).
_SETTINGS = {
    "batchMaxDuration": "BATCH_MAX_DURATION",
    "batchIdleDuration": "BATCH_IDLE_DURATION",
    "preferencePolicy": "PREFERENCE_POLICY",
    "minValuesPolicy": "MIN_VALUES_POLICY",
    "clusterCABundle": "CLUSTER_CA_BUNDLE",
    "clusterName": "CLUSTER_NAME",
    "clusterEndpoint": "CLUSTER_ENDPOINT",
    "isolatedVPC": "ISOLATED_VPC",
    "eksControlPlane": "EKS_CONTROL_PLANE",
    "vmMemoryOverheadPercent": "VM_MEMORY_OVERHEAD_PERCENT",
    "interruptionQueue": "INTERRUPTION_QUEUE",
    "reservedENIs": "RESERVED_ENIS",
    "ignoreDRARequests": "IGNORE_DRA_REQUESTS",
    "enableZonalShift": "ENABLE_ZONAL_SHIFT",
}
_GATES = {
    "reservedCapacity": ("ReservedCapacity", True),
    "spotToSpotConsolidation": ("SpotToSpotConsolidation", False),
    "nodeRepair": ("NodeRepair", False),
    "nodeOverlay": ("NodeOverlay", False),
    "staticCapacity": ("StaticCapacity", False),
}


def settings(release: Release) -> dict[str, str]:
    """The variables that the chart's Deployment would set from the values."""
    given = release.values.get("settings") or {}
    variables = {
        name: _text(given[key]) for key, name in _SETTINGS.items() if given.get(key) not in (None, "", False)
    }
    gates = {**{key: default for key, (_, default) in _GATES.items()}, **(given.get("featureGates") or {})}
    variables["FEATURE_GATES"] = ",".join(f"{_GATES[key][0]}={_text(gates[key])}" for key in _GATES)
    variables["LOG_LEVEL"] = str(release.values.get("logLevel") or "info")
    variables["SYSTEM_NAMESPACE"] = release.namespace
    container = release.values.get("controller") or {}
    for entry in container.get("env") or []:
        if "value" in entry:
            variables[entry["name"]] = _text(entry["value"])
    return variables


def account(release: Release) -> str:
    """Name of the service account that the release's pods run as."""
    given: Mapping[str, Any] = release.values.get("serviceAccount") or {}
    return str(given.get("name") or release.values.get("fullnameOverride") or release.name)


def role(release: Release) -> str | None:
    """The IAM role that its service account is annotated with."""
    given: Mapping[str, Any] = release.values.get("serviceAccount") or {}
    return (given.get("annotations") or {}).get(ROLE_ANNOTATION)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass
class _Running:
    """Karpenter as it runs for one release; ``mark`` says for which values."""

    mark: str
    release: Release
    child: Child | None
    started: float
    renewed: float


class Host:
    """Keeps one Karpenter running for the installed release, or none, as a kubelet keeps its pod."""

    def __init__(self, spec: WorldSpec, client: Client, supervisor: Supervisor) -> None:
        self._spec = spec
        self._client = client
        self._supervisor = supervisor
        self._running: _Running | None = None
        self._token = spec.state / "karpenter" / "token"

    def keep(self, release: Release | None) -> bool:
        """Bring what runs in line with the release; True once Karpenter is ready, or none is wanted."""
        if self._running is not None and (release is None or self._running.mark != _mark(release)):
            self._stop(self._running, uninstalled=release is None)
        if release is None:
            return True
        if self._running is None:
            self._running = self._start(release)
        running = self._running
        if running.child is not None and not running.child.running:
            log.warning("karpenter ended; starting it again")
            self._supervisor.stop(running.child)
            running.child, running.started = None, time.monotonic()
        if running.child is None and time.monotonic() - running.started > _BACKOFF_S:
            running.child, running.started = self._launch(release), time.monotonic()
        if time.monotonic() - running.renewed > _TOKEN_RENEWED_S:
            self._renew(release)
            running.renewed = time.monotonic()
        return _is_ready(running.child)

    def _start(self, release: Release) -> _Running:
        self._client.apply(_service_account(release))
        self._renew(release)
        now = time.monotonic()
        return _Running(_mark(release), release, self._launch(release), now, now)

    def _stop(self, running: _Running, *, uninstalled: bool) -> None:
        if running.child is not None:
            self._supervisor.stop(running.child)
        if uninstalled:
            self._client.delete(_service_account(running.release))
        self._running = None

    def _launch(self, release: Release) -> Child:
        metrics, health = free_ports(2)
        return self._supervisor.launch(
            Command(
                name="karpenter",
                argv=[self._spec.tools["karpenter"]],
                environment={
                    **settings(release),
                    **self._addresses(release),
                    "METRICS_PORT": str(metrics),
                    "HEALTH_PROBE_PORT": str(health),
                },
                ready=lambda: _answers(health),
                timeout_s=_READY_S,
            )
        )

    def _addresses(self, release: Release) -> dict[str, str | None]:
        """What differs from a pod: addresses, and that there is one copy. Credentials are the pod's."""
        return {
            "KUBECONFIG": str(self._spec.admin_kubeconfig),
            "AWS_ENDPOINT_URL": self._spec.aws_endpoint,
            # The SDK makes the client that trades the token before it has read the variable above.
            "AWS_ENDPOINT_URL_STS": self._spec.aws_endpoint,
            "AWS_REGION": self._spec.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": None,
            "AWS_SECRET_ACCESS_KEY": None,
            "AWS_SESSION_TOKEN": None,
            "AWS_ROLE_ARN": role(release),
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(self._token) if role(release) else None,
            "DISABLE_LEADER_ELECTION": "true",
            "DISABLE_DRY_RUN": "true",
        }

    def _renew(self, release: Release) -> None:
        """Put a fresh token where the pod's projected volume would have it."""
        token = self._client.token(release.namespace, account(release), AUDIENCE, _TOKEN_LIFE_S)
        self._token.parent.mkdir(exist_ok=True)
        part = self._token.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(token)
        part.replace(self._token)


def _service_account(release: Release) -> dict[str, Any]:
    """The account as the chart would make it."""
    given: Mapping[str, Any] = release.values.get("serviceAccount") or {}
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": account(release),
            "namespace": release.namespace,
            "annotations": dict(given.get("annotations") or {}),
            "labels": {"app.kubernetes.io/name": CHART, "rehearsal.ferry/made-by": MANAGER},
        },
    }


def _mark(release: Release) -> str:
    text = json.dumps(
        [release.namespace, release.name, release.chart_version, release.values], sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _is_ready(child: Child | None) -> bool:
    return child is not None and child.running and (child.command.ready is None or child.command.ready())


def _answers(port: int) -> bool:
    """Asked every second, so by a bare connection: httpx would read all the machine's certificates first."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2.0)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def definitions(directory: Path | None) -> list[Path]:
    """Files of Karpenter's CustomResourceDefinitions."""
    return sorted(directory.glob("*.yaml")) if directory else []
