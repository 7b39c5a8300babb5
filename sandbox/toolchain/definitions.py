"""Which definitions are taken from the Go modules of others; pure.

The rehearsal needs a chart's CustomResourceDefinitions to be real, and the charts' content is not on the
machine. The same files are in the projects' Go modules, which the tools' own registry has.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

TOOL = "definitions"
PINS = Path(__file__).parents[2] / "tools" / TOOL / "modules.txt"
"""Module, version and digest of its zip, a line for each."""
_KEY_LENGTH = 16
_LAYOUT = "1"


@dataclass(frozen=True)
class Taken:
    """What is taken from one module.

    Attributes:
        module: its path.
        folder: where the files go, named after the chart or project that brings them.
        files: patterns inside the module; one that matches nothing is an error.
        root: directory inside the module below which paths are kept; None puts all files into one folder.
    """

    module: str
    folder: str
    files: tuple[str, ...]
    root: str | None = None


TAKEN = (
    Taken("github.com/cert-manager/cert-manager", "cert-manager", ("deploy/crds/*.yaml",)),
    Taken(
        "github.com/external-secrets/external-secrets",
        "external-secrets",
        (
            "config/crds/bases/external-secrets.io_*.yaml",
            "config/crds/bases/generators.external-secrets.io_passwords.yaml",
        ),
    ),
    Taken("github.com/argoproj/argo-cd/v3", "argo-cd", ("manifests/crds/*-crd.yaml",)),
    Taken(
        "github.com/argoproj/argo-workflows/v4",
        "argo-workflows",
        ("manifests/base/crds/minimal/argoproj.io_*.yaml",),
    ),
    # Of ten definitions those whose objects are the project's own; two more, of which the chart's values are
    # parts, are for the tests and not applied: they have 1.4 MB.
    Taken(
        "github.com/prometheus-operator/prometheus-operator",
        "kube-prometheus-stack",
        tuple(
            f"example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml"
            for kind in ("podmonitors", "servicemonitors", "prometheusrules")
        ),
    ),
    Taken(
        "github.com/prometheus-operator/prometheus-operator",
        "prometheus-operator",
        tuple(
            f"example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml"
            for kind in ("prometheuses", "alertmanagers")
        ),
    ),
    # Whole manifests, which the program itself applies: infra/contents/lock.yaml names them one by one.
    Taken(
        "github.com/kubeflow/katib",
        "katib",
        ("manifests/v1beta1/components/*/*.yaml",),
        root="manifests/v1beta1",
    ),
    Taken("github.com/kubeflow/katib", "katib-api", ("pkg/apis/v1beta1/swagger.json",)),
)


@dataclass(frozen=True)
class Pin:
    """One line of the pins."""

    module: str
    version: str
    digest: str


@dataclass(frozen=True)
class DefinitionsRecipe:
    """How the definitions are brought; the tool of this name is a list of what is there."""

    tool: str = TOOL
    pins: Path = PINS
    taken: tuple[Taken, ...] = TAKEN

    @property
    def version(self) -> str:
        """How many projects, since each has its own version."""
        return f"of {len({item.module for item in self.taken})} projects"

    @property
    def key(self) -> str:
        """Digest of all that decides what is taken."""
        text = "\0".join((_LAYOUT, self.pins.read_text(), repr(self.taken)))
        return hashlib.sha256(text.encode()).hexdigest()[:_KEY_LENGTH]

    def read(self) -> dict[str, Pin]:
        """Module to its pin."""
        lines = (line.split() for line in self.pins.read_text().splitlines())
        return {line[0]: Pin(*line) for line in lines if line and not line[0].startswith("#")}
