"""Faults at the provider's calls, and a small program whose end state can be compared."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pulumi
import pulumi_aws as aws

from sandbox.engine import Engine, EngineSpec
from sandbox.providers.aws import clients
from sandbox.providers.aws.session import AwsSession
from sandbox.providers.base import Props, ProviderError, State
from sandbox.toolchain import Toolchain
from sandbox.toolchain.table import Tool
from stacks.marking import TAG, marked
from tests.sandbox.providers.aws.bench import ACCOUNT, REGION

Made = TypeVar("Made")


class Mode(StrEnum):
    """What goes wrong."""

    BEFORE = "fails before"
    """The call has no effect."""
    LOST = "response lost"
    """The call has its effect, and the engine is told that it failed."""
    KILLED = "killed"
    """The call has its effect, and the engine is gone before it hears of it."""
    EXPIRED = "credentials expired"
    """This call and all after it are refused."""


class Verb(StrEnum):
    """The provider's call at which it goes wrong."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass
class Fault:
    """One fault. ``at``: at which call of the verb, from 1; 0 for each."""

    mode: Mode
    verb: Verb
    at: int = 0
    calls: int = 0
    hit: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, verb: Verb, go: Callable[[], Made]) -> Made:
        """A call, as this fault lets it happen."""
        with self.lock:
            self.calls += verb is self.verb
            now = verb is self.verb and self.at in {0, self.calls}
            first = now and not self.hit
            expired = self.mode is Mode.EXPIRED and self.hit
            self.hit |= now
        if expired or (now and self.mode is Mode.EXPIRED):
            raise ProviderError("ExpiredToken: The security token included in the request is expired")
        if now and self.mode is Mode.BEFORE:
            raise ProviderError("RequestError: connection refused")
        done = go()
        if now and self.mode is Mode.LOST:
            raise ProviderError("RequestError: connection reset by peer")
        if first and self.mode is Mode.KILLED:
            _kill()
        return done


def _kill() -> None:
    """End this test's own engine, as if its machine had gone."""
    for child in psutil.Process().children(recursive=True):
        if child.name() == "pulumi":
            child.kill()


@dataclass
class Weather:
    """The fault that is on; none is fair weather."""

    fault: Fault | None = None

    def run(self, verb: Verb, go: Callable[[], Made]) -> Made:
        """A call in this weather."""
        return self.fault.run(verb, go) if self.fault else go()


class FaultySession(AwsSession):
    """The emulated provider in some weather."""

    def __init__(self, weather: Weather) -> None:
        super().__init__()
        self._weather = weather

    def create(self, urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
        """Make it."""
        make = super().create
        if preview:
            return make(urn, type_, inputs, preview, timeout)
        return self._weather.run(Verb.CREATE, lambda: make(urn, type_, inputs, preview, timeout))

    def update(self, *given: Any) -> Props:
        """Change it; the seventh parameter says whether it is only looked at."""
        change = super().update
        return change(*given) if given[6] else self._weather.run(Verb.UPDATE, lambda: change(*given))

    def delete(self, *given: Any) -> None:
        """Remove it."""
        remove = super().delete
        self._weather.run(Verb.DELETE, lambda: remove(*given))


class Outer(pulumi.ComponentResource):
    """A queue two components deep, whose URN names both."""

    def __init__(self, home: pulumi.ProviderResource, seconds: int) -> None:
        super().__init__("ferry:test:Outer", "outer", None, pulumi.ResourceOptions(providers=[home]))
        inner = pulumi.ComponentResource(
            "ferry:test:Inner", "inner", None, pulumi.ResourceOptions(parent=self)
        )
        opts = pulumi.ResourceOptions(parent=inner)
        self.queue = aws.sqs.Queue("events", visibility_timeout_seconds=seconds, opts=opts)
        self.register_outputs({})


@dataclass
class Program:
    """Something of each kind: named by chance and by hand, with tags and without, holding data and not."""

    note: str = "first"

    def __call__(self) -> None:
        pulumi.runtime.register_stack_transformation(marked)
        tags = {"tags": {"owner": "ml"}}
        home = aws.Provider("aws", region=REGION, allowed_account_ids=[ACCOUNT], default_tags=tags)
        opts = pulumi.ResourceOptions(provider=home)
        key = aws.kms.Key("data", description=self.note, opts=opts)
        aws.kms.Alias("data", name="alias/ferry-data", target_key_id=key.id, opts=opts)
        store = aws.s3.Bucket("models", tags={"note": self.note}, opts=opts)
        versions = {"status": "Enabled"}
        aws.s3.BucketVersioning("models", bucket=store.id, versioning_configuration=versions, opts=opts)
        queue = Outer(home, 30 + len(self.note)).queue
        secret = aws.secretsmanager.Secret("token", description=self.note, opts=opts)
        role = aws.iam.Role("runner", name="ferry-runner", assume_role_policy=_TRUST, opts=opts)
        policy = pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": queue.arn}],
            }
        )
        aws.iam.RolePolicy("runner", name="queue", role=role.name, policy=policy, opts=opts)
        aws.cloudwatch.LogGroup("runs", name="/ferry/runs", retention_in_days=7, opts=opts)
        net = aws.ec2.Vpc("net", cidr_block="10.9.0.0/16", tags={"note": self.note}, opts=opts)
        aws.ec2.Subnet("net", vpc_id=net.id, cidr_block="10.9.1.0/24", opts=opts)
        way = aws.ec2.InternetGateway("net", vpc_id=net.id, opts=opts)
        table = aws.ec2.RouteTable("net", vpc_id=net.id, opts=opts)
        everywhere = "0.0.0.0/0"
        aws.ec2.Route(
            "out", route_table_id=table.id, destination_cidr_block=everywhere, gateway_id=way.id, opts=opts
        )
        pulumi.export("bucket", store.bucket)
        pulumi.export("secret", secret.arn)


_TRUST = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
"Principal": {"Service": "ec2.amazonaws.com"}}]}"""


def engine(home: Path, port: int, program: Program) -> Engine:
    """A stack of its own that writes its state at every step, as one that is not thrown away does."""
    project = home / "source"
    project.mkdir(parents=True)
    (project / "Pulumi.yaml").write_text("name: ferry\nruntime: python\n")
    (project / "Pulumi.dev.yaml").write_text("config: {}\n")
    pulumi_ = Toolchain.locate().path(Tool.PULUMI)
    return Engine(
        EngineSpec(project, "dev", home / "engine", pulumi_, {"aws": port}, checkpoints=True), program
    )


def inventory() -> dict[str, int]:
    """How many of each are there, by AWS's own word."""

    def client(service: str) -> Any:
        return clients.client(service, REGION)

    ours = [{"Name": "tag-key", "Values": [TAG]}]
    return {
        "keys": len(_standing(client("kms"))),
        "aliases": sum(
            item["AliasName"].startswith("alias/ferry") for item in client("kms").list_aliases()["Aliases"]
        ),
        "buckets": len(client("s3").list_buckets()["Buckets"]),
        "queues": len(client("sqs").list_queues().get("QueueUrls", [])),
        "secrets": len(client("secretsmanager").list_secrets()["SecretList"]),
        "roles": len(client("iam").list_roles()["Roles"]),
        "log groups": len(client("logs").describe_log_groups()["logGroups"]),
        "networks": len(client("ec2").describe_vpcs(Filters=ours)["Vpcs"]),
        "subnets": len(client("ec2").describe_subnets(Filters=ours)["Subnets"]),
        "gateways": len(client("ec2").describe_internet_gateways(Filters=ours)["InternetGateways"]),
        "route tables": len(client("ec2").describe_route_tables(Filters=ours)["RouteTables"]),
    }


def _standing(kms: Any) -> list[str]:
    """Keys of customers that are not about to be deleted."""
    keys = [kms.describe_key(KeyId=item["KeyId"])["KeyMetadata"] for item in kms.list_keys()["Keys"]]
    return [key["KeyId"] for key in keys if key["KeyManager"] == "CUSTOMER" and key["KeyState"] == "Enabled"]
