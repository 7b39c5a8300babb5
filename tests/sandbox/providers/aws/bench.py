"""Drives the provider as the engine does: check, then create, read, diff, update, delete."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from sandbox.providers.aws import clients
from sandbox.providers.aws.session import AwsSession
from sandbox.providers.base import Checked, Diff, Props, State
from sandbox.providers.codec import Value

ACCOUNT = "123456789012"
REGION = "us-east-1"


def trust(service: str) -> str:
    """A trust policy for an AWS service."""
    return (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
        f'"Principal":{{"Service":"{service}"}}}}]}}'
    )


def allow(action: str, resource: str = "*") -> str:
    """A policy document that allows one action."""
    return (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
        f'"Action":"{action}","Resource":"{resource}"}}]}}'
    )


@dataclass
class Made:
    """A resource as the engine would hold it."""

    type: str
    name: str
    inputs: Props
    state: State

    @property
    def id(self) -> str:
        """Its id."""
        return self.state.id

    def __getitem__(self, key: str) -> Value:
        return self.state.outputs[key]


@dataclass
class Bench:
    """One provider session and what was made through it."""

    session: AwsSession = field(default_factory=AwsSession)
    counter: Any = field(default_factory=itertools.count)

    def urn(self, type_: str, name: str) -> str:
        """The engine's name of a resource."""
        return f"urn:pulumi:dev::ferry::{type_}::{name}"

    def check(self, type_: str, inputs: Props, olds: Props | None = None, name: str = "it") -> Checked:
        """Check inputs as the engine does before anything else."""
        return self.session.check(
            self.urn(type_, name), type_, olds or {}, dict(inputs), b"seed" + name.encode()
        )

    def make(self, type_: str, inputs: Props | None = None, name: str | None = None, **given: Value) -> Made:
        """Check and create; inputs by keyword."""
        name = name or f"it{next(self.counter)}"
        checked = self.check(type_, {**(inputs or {}), **given}, name=name)
        assert checked.failures == [], checked.failures
        state = self.session.create(self.urn(type_, name), type_, checked.inputs, False, 0)
        return Made(type_, name, checked.inputs, state)

    def preview(self, type_: str, **given: Value) -> Props:
        """What a preview of the creation knows."""
        checked = self.check(type_, given)
        assert checked.failures == [], checked.failures
        return self.session.create(self.urn(type_, "it"), type_, checked.inputs, True, 0).outputs

    def diff(self, made: Made, news: Props) -> tuple[Props, Diff]:
        """Checked new inputs and what they change."""
        checked = self.check(made.type, news, made.inputs, made.name)
        assert checked.failures == [], checked.failures
        return checked.inputs, self.session.diff(
            self.urn(made.type, made.name),
            made.type,
            made.id,
            made.inputs,
            made.state.outputs,
            checked.inputs,
        )

    def update(self, made: Made, news: Props) -> Made:
        """Update in place."""
        checked, _ = self.diff(made, news)
        outputs = self.session.update(
            self.urn(made.type, made.name),
            made.type,
            made.id,
            made.inputs,
            made.state.outputs,
            checked,
            False,
            0,
        )
        return Made(made.type, made.name, checked, State(made.id, outputs))

    def read(self, made: Made) -> State | None:
        """Refresh."""
        urn = self.urn(made.type, made.name)
        return self.session.read(urn, made.type, made.id, made.inputs, made.state.outputs)

    def adopt(self, type_: str, id_: str) -> State | None:
        """Import by id alone."""
        return self.session.read(self.urn(type_, "it"), type_, id_, {}, {})

    def delete(self, made: Made) -> None:
        """Delete."""
        urn = self.urn(made.type, made.name)
        self.session.delete(urn, made.type, made.id, made.inputs, made.state.outputs, 0)

    def boto(self, service: str, region: str = REGION) -> Any:
        """A plain boto3 client beside the provider."""
        return clients.client(service, region)
