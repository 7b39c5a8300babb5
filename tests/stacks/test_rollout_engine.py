"""Going up and down by the real engine (E5), production's own stack against the emulated account.

The cluster's objects go to a provider that does nothing: they hold no data of ours. Proves, by the engine's
previews, that going up replaces and deletes nothing, and that going down is refused until it is reviewed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ferry.bootstrap.policies import Place
from ferry.bootstrap.rehearsed import REPOSITORY, RehearsedBootstrap
from sandbox.engine import Engine, EngineError, EngineSpec, Run
from sandbox.toolchain import Tool, Toolchain
from sandbox.world import Decision, World
from stacks.program import run as program
from stacks.rollout import CAPABILITIES, Level
from tests.infra.environments import PROJECT, settings
from tests.stacks.test_lowering import ADDS

UNTOUCHED = {"create", "same", "read", "update"}
LEVEL = "ferry:rollout"
ASIDE = sorted(
    name
    for name, item in CAPABILITIES.items()
    if not item.core
    and (item.since is Level.FOUNDATION or (item.since is Level.PRODUCTION and not item.holds))
)
"""Switched off at both levels: half of the stack, and nothing that is judged here."""


@pytest.fixture(scope="module")
def engine(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Production at the level `foundation`, up."""
    wanted, state = settings("prod"), tmp_path_factory.mktemp("rollout") / "world"
    decision = Decision(
        "prod", wanted.region, wanted.account, wanted.cluster_name, tools=toolchain.paths(), state=state
    )
    with World(decision) as world:
        world.start_aws()
        ports = {name: world.start_provider(name) for name in ("aws", "eks")}
        ports["kubernetes"] = world.start_provider("noop")
        place = Place("prod", wanted.account, wanted.region, REPOSITORY)
        RehearsedBootstrap(place, world.spec.aws_endpoint, world.spec.calls).bring()
        made = Engine(_spec(world, state, ports), program)
        made.configure("ferry:unverified_charts", "this test applies no chart")
        made.configure(LEVEL, "foundation")
        made.up()
        yield made


def _spec(world: World, state: Path, ports: dict[str, int]) -> EngineSpec:
    project = state / "project"
    project.mkdir()
    shutil.copy(PROJECT / "Pulumi.yaml", project)
    stack = yaml.safe_load((PROJECT / "Pulumi.prod.yaml").read_text())
    stack["config"]["ferry:capabilities"] |= dict.fromkeys(ASIDE, False)
    stack["config"]["ferry:services"]["teams"] = []
    (project / "Pulumi.prod.yaml").write_text(yaml.safe_dump(stack))
    return EngineSpec(
        project=project,
        environment="prod",
        home=state / "engine",
        pulumi=world.spec.tools[Tool.PULUMI],
        providers=ports,
        env=world.spec.environment(),
    )


def harmful(run: Run) -> list[str]:
    """Operations that could take something away."""
    return [f"{step.op} {step.urn}" for step in run.operations if step.op not in UNTOUCHED]


def test_going_up_replaces_nothing_and_going_down_is_refused_until_it_is_reviewed(engine: Engine) -> None:
    """E5: one story, because each step stands on the one before."""
    before = {item["urn"] for item in engine.resources()}
    assert not any(component in urn for urn in before for component in (*ADDS["audit"], *ADDS["backup"]))

    engine.configure(LEVEL, "production")
    preview = engine.preview()
    assert harmful(preview) == []
    assert any(step.op == "create" and "Audit" in step.urn for step in preview.operations)
    engine.up()
    assert before <= {item["urn"] for item in engine.resources()}

    engine.configure(LEVEL, "foundation")
    with pytest.raises(EngineError, match="every backup in its vaults"):
        engine.preview()

    for key, value in settings("prod").teardown_lines("going down, on purpose").items():
        engine.configure(key, value)
    with pytest.raises(EngineError, match="protect"):
        engine.preview()  # the engine still knows the trail's bucket and the vaults as protected
    engine.configure(LEVEL, "production")
    engine.up()
    engine.configure(LEVEL, "foundation")
    deleted = {step.urn for step in engine.preview().operations if step.op == "delete"}
    assert deleted
    assert not deleted & before, "what the level below has stays"
