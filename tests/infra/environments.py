"""The committed environments, each registered once for all tests that look at it."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.cluster import without_creator
from infra.contents.sources import Shelved
from sandbox.providers.eks import cluster
from sandbox.toolchain import Tool, Toolchain
from stacks import program
from stacks.settings import Settings, load_file
from tests.infra.engine import Made, Registered, run

PROJECT = Path(__file__).parents[2]


@functools.cache
def settings(environment: str) -> Settings:
    """Settings of a committed stack file."""
    return load_file(PROJECT / f"Pulumi.{environment}.yaml")


@functools.cache
def source() -> Shelved:
    """The manifests of others, as a rehearsal has them."""
    chain = Toolchain.locate()
    chain.ensure([Tool.DEFINITIONS])
    return Shelved(chain.path(Tool.DEFINITIONS).parent)


@functools.cache
def made(environment: str) -> Made:
    """Everything that the program registers for it."""
    return build(settings(environment), environment)


@functools.cache
def children(environment: str) -> tuple[Registered, ...]:
    """What the EKS component makes of its arguments: the emulated one registers it, the program's own
    transforms change it. ``tests/sandbox/providers/eks`` compares the emulated one with pulumi-eks's source.
    """
    component = made(environment).one(cluster.TYPE, "eks")

    def component_alone() -> None:
        role = aws.iam.Role("given", name="given", assume_role_policy="{}")
        cluster.construct(component.name, {**component.inputs, "serviceRole": role}, pulumi.ResourceOptions())

    registered = run(component_alone, stack=environment).resources
    return tuple(_transformed(item) for item in registered if item.name != "given")


def _transformed(item: Registered) -> Registered:
    args = pulumi.ResourceTransformArgs(
        item.custom, item.type, item.name, item.inputs, pulumi.ResourceOptions()
    )
    result = without_creator(args)
    return dataclasses.replace(item, inputs=dict(result.props)) if result else item


def build(wanted: Settings, environment: str = "dev", *, preview: bool = False) -> Made:
    """Everything that the program registers for these settings."""
    return run(lambda: program.build(wanted, source=source()), stack=environment, preview=preview)
