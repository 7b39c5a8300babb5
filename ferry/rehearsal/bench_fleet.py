"""``make bench``: `up` and the preview of one stage change at 10 to 75 workloads; ``reports/bench-fleet.*``.

The third layer alone, through providers that do nothing: what the program and the engine take. Each workload
is a copy of one of the catalogue's, at ``shadow``; the change moves one of them on to ``canary``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from rich.console import Console

from ferry.rehearsal.chart import Series, growth
from ferry.rehearsal.show import Show
from infra.deploying.manifests import Source
from infra.roles import Identity
from infra.scope import Scope
from infra.specs.crossing import CrossingSpec
from sandbox.engine import Engine, EngineSpec
from sandbox.isolation import run_isolated
from sandbox.toolchain import Tool, Toolchain
from sandbox.world import World
from stacks.crossings import COMPONENTS
from stacks.settings import load_file
from workloads.catalogue import CATALOGUE
from workloads.patterns.crossing import CrossingArgs, Ground, Stores
from workloads.patterns.migration import EvidencePlace, Way
from workloads.spec import WorkloadSpec
from workloads.stages import Recorded
from workloads.state import Stage

COUNTS = (10, 25, 75)
ON = frozenset({"automated_retraining", "hyperparameter_search", "pipelines", "basic_metrics"})
_PROJECT = Path(__file__).parents[2]
_REPORTS = _PROJECT / "reports"
_REGION, _ACCOUNT = "us-east-1", "123456789012"
_IMAGE = f"registry.example/x@sha256:{'0' * 64}"


@dataclass(frozen=True)
class Row:
    """Seconds with so many workloads.

    Attributes:
        up: of all of them, from nothing.
        preview: of one workload's next stage.
        touched: resources that this preview would make, change or take away.
    """

    workloads: int
    resources: int
    up: float
    preview: float
    touched: int


def fleet(count: int) -> list[WorkloadSpec]:
    """So many workloads that move, each a copy of one of the catalogue's."""
    kinds = [spec for spec in CATALOGUE.values() if spec.pattern in COMPONENTS]
    chosen = [kinds[number % len(kinds)] for number in range(count)]
    return [spec.model_copy(update={"name": f"{spec.name}-{n}"}) for n, spec in enumerate(chosen)]


def ground(names: list[str]) -> Ground:
    """What the platform gives, known at once."""
    known, place = pulumi.Output.from_input, f"{_REGION}:{_ACCOUNT}"
    trained = {name: {"image": _IMAGE} for name in names}
    several = {"packaged": dict.fromkeys(names, _IMAGE), "trained": trained}
    one = {"digest": f"sha256:{'0' * 64}", "triton_image": _IMAGE, "fetch_image": _IMAGE}
    key = f"arn:aws:kms:{place}:key"
    stores = Stores(*(known(name) for name in ("evidence", "models", "data", f"{key}/data", f"{key}/sign")))
    return Ground(
        scope=Scope("ferry-dev", _ACCOUNT, _REGION, boundary=f"arn:aws:iam::{_ACCOUNT}:policy/boundary"),
        environment="dev",
        identity=Identity(known("arn:oidc"), known("https://issuer")),
        image=known(_IMAGE),
        images=CrossingSpec.model_validate({**one, **several}),
        stores=stores,
        evidence=EvidencePlace(bucket="evidence", owner=_ACCOUNT, key="alias/evidence", region=_REGION),
        way=Way(hostname="ml.example.com", parent={"name": "ferry", "namespace": "gateway"}),
        redis_secret=known(f"arn:aws:secretsmanager:{place}:secret:redis"),
        pipelines="kubeflow",
        enabled=ON,
        ready=[],
        models_repository=Source("https://github.com/example/models.git", "main"),
    )


def program(specs: list[WorkloadSpec], stood: dict[str, Recorded]) -> Callable[[], None]:
    """The third layer with these workloads."""

    def build() -> None:
        on = ground([spec.name for spec in specs])
        cluster = kubernetes.Provider("cluster", kubeconfig="{}")
        ways = [aws.Provider("account", region=_REGION, skip_credentials_validation=True), cluster]
        opts = pulumi.ResourceOptions(providers=ways)
        for spec in specs:
            where = stood.get(spec.name, Recorded(stage=Stage.SHADOW))
            COMPONENTS[spec.pattern](spec.name, CrossingArgs(spec, where, on), opts)

    return build


def measured(world: World, port: int, count: int) -> Row:
    """One row."""
    specs, stood = fleet(count), dict[str, Recorded]()
    engine = Engine(
        EngineSpec(
            project=_PROJECT,
            environment="dev",
            home=world.spec.state / f"fleet-{count}",
            pulumi=world.spec.tools["pulumi"],
            providers={"aws": port, "kubernetes": port},
            env=world.spec.environment(),
        ),
        program(specs, stood),
    )
    up = engine.up()
    moved = next(spec for spec in specs if spec.serving.online)
    stood[moved.name] = Recorded(stage=Stage.CANARY, ceiling=5)
    preview = engine.preview()
    return Row(count, sum(up.changes.values()), up.seconds, preview.seconds, preview.changed)


def inside() -> int:
    """Measure in a world of its own."""
    console = Console(stderr=True)
    with World.open(load_file(_PROJECT / "Pulumi.dev.yaml")) as world, Show(console).live() as show:
        port = world.start_provider("noop")
        rows = []
        for count in COUNTS:
            with show.phase(f"{count} workloads"):
                rows.append(measured(world, port, count))
    _REPORTS.mkdir(exist_ok=True)
    (_REPORTS / "bench-fleet.json").write_text(json.dumps([asdict(row) for row in rows], indent=1))
    series = [
        Series(name, [(row.workloads, getattr(row, name)) for row in rows]) for name in ("up", "preview")
    ]
    (_REPORTS / "bench-fleet.svg").write_text(growth(series, "workloads", "seconds"))
    for row in rows:
        console.print(
            f"{row.workloads} workloads, {row.resources} resources: up {row.up:.1f} s, preview of one stage "
            f"change {row.preview:.1f} s, {row.touched} resources touched",
            highlight=False,
        )
    return 0


def main() -> int:
    """The engine first, then a world with loopback only."""
    Toolchain.locate().ensure([Tool.PULUMI])
    return run_isolated([sys.executable, "-m", "ferry.rehearsal.bench_fleet", "inside"])


if __name__ == "__main__":
    sys.exit(inside() if sys.argv[1:] == ["inside"] else main())
