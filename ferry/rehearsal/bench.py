"""`make bench`: how time grows with 1, 10 and 100 copies of a small component, beside a no-op provider.

Writes ``reports/bench.json`` and ``reports/bench.svg``. Absolute seconds are this machine's; the ratio to the
floor, taken in the same run, is what compares between machines and changes.
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
from rich.table import Table

from ferry.rehearsal.chart import Series, growth
from ferry.rehearsal.options import PACKAGES
from ferry.rehearsal.show import Show
from sandbox.engine import Engine, EngineSpec, Run
from sandbox.isolation import run_isolated
from sandbox.toolchain import Toolchain
from sandbox.world import World
from stacks.settings import load_file

COPIES = (1, 10, 100)
_PROJECT = Path(__file__).parents[2]
_REPORTS = _PROJECT / "reports"


@dataclass(frozen=True)
class Row:
    """Seconds for one number of copies, and of the same through providers that do nothing."""

    copies: int
    resources: int
    preview: float
    up: float
    destroy: float
    floor_preview: float
    floor_up: float
    floor_destroy: float


class Small(pulumi.ComponentResource):
    """A queue, a role that may read it, and a ConfigMap that names it: three resources of two providers."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("ferry:bench:Small", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        queue = aws.sqs.Queue(name, opts=own)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "ec2.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        aws.iam.Role(name, assume_role_policy=json.dumps(trust), opts=own)
        kubernetes.core.v1.ConfigMap(name, data={"queue": queue.url}, opts=own)
        self.register_outputs({})


def program(copies: int, kubeconfig: str, region: str, account: str) -> Callable[[], None]:
    """The stack with so many copies."""

    def build() -> None:
        account_ids = [account]
        home = aws.Provider("aws", region=region, allowed_account_ids=account_ids)
        cluster = kubernetes.Provider("kubernetes", kubeconfig=kubeconfig)
        opts = pulumi.ResourceOptions(providers=[home, cluster])
        for number in range(copies):
            Small(f"small-{number}", opts)

    return build


def inside() -> int:
    """Measure in a world of its own."""
    console = Console(stderr=True)
    settings = load_file(_PROJECT / "Pulumi.dev.yaml")
    with World.open(settings) as world, Show(console).live() as show:
        with show.phase("a world to measure in"):
            world.start_aws()
            world.start_control_plane()
            ports = {name: world.start_provider(name) for name in ("aws", "kubernetes")}
            floor = dict.fromkeys(PACKAGES, world.start_provider("noop"))
        rows = []
        for copies in COPIES:
            with show.phase(f"{copies} copies"):
                rows.append(measure(world, copies, ports, floor))
    write(rows, console)
    return 0


def measure(world: World, copies: int, ports: dict[str, int], floor: dict[str, int]) -> Row:
    """One row: the real run, then the floor."""
    real = cycle(world, copies, ports, f"real-{copies}")
    nothing = cycle(world, copies, floor, f"floor-{copies}")
    resources = sum(real[1].changes.values())
    seconds = [run.seconds for run in (*real, *nothing)]
    return Row(copies, resources, *seconds)


def cycle(world: World, copies: int, ports: dict[str, int], home: str) -> list[Run]:
    """Preview, up and destroy of so many copies."""
    spec = world.spec
    engine = Engine(
        EngineSpec(
            project=_PROJECT,
            environment="dev",
            home=spec.state / home,
            pulumi=spec.tools["pulumi"],
            providers=ports,
            env=spec.environment(),
        ),
        program(copies, spec.admin_kubeconfig.read_text(), spec.region, spec.account),
    )
    return [engine.preview(), engine.up(), engine.destroy()]


def write(rows: list[Row], console: Console) -> None:
    """The table on the terminal, figures and picture in ``reports``."""
    table = Table(title="seconds (floor) by copies of a small component")
    for column in ("copies", "resources", "preview", "up", "destroy", "up / floor"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            str(row.copies),
            str(row.resources),
            f"{row.preview:.1f} ({row.floor_preview:.1f})",
            f"{row.up:.1f} ({row.floor_up:.1f})",
            f"{row.destroy:.1f} ({row.floor_destroy:.1f})",
            f"{row.up / row.floor_up:.2f}",
        )
    console.print(table)
    _REPORTS.mkdir(exist_ok=True)
    (_REPORTS / "bench.json").write_text(json.dumps([asdict(row) for row in rows], indent=1))
    series = [
        Series(name.replace("_", " "), [(row.copies, getattr(row, name)) for row in rows])
        for name in ("preview", "up", "destroy", "floor_preview", "floor_up", "floor_destroy")
    ]
    (_REPORTS / "bench.svg").write_text(growth(series, "copies", "seconds"))
    console.print(f"figures: {_REPORTS / 'bench.json'}  picture: {_REPORTS / 'bench.svg'}", soft_wrap=True)


def main() -> int:
    """Tools first, then a world with loopback only."""
    Toolchain.locate().ensure()
    return run_isolated([sys.executable, "-m", "ferry.rehearsal.bench", "inside"])


if __name__ == "__main__":
    sys.exit(inside() if sys.argv[1:] == ["inside"] else main())
