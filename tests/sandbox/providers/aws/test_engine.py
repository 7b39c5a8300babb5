"""The provider behind the real engine: a small network and a bucket, up, unchanged, changed, down.

Proves that what the sessions say survives the wire and the engine's own rules: no change in a second preview,
an update in place, a replacement in the right order, an import, nothing left. Cannot prove what a whole
environment does: the rehearsal does that.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from sandbox.engine import Engine, EngineError, EngineSpec
from sandbox.providers.aws import clients
from sandbox.toolchain import Toolchain
from sandbox.toolchain.table import Tool
from tests.sandbox.providers.aws.bench import ACCOUNT, REGION


@dataclass
class Program:
    """A program whose arguments a test changes between two runs."""

    cidr: str = "10.0.0.0/16"
    tags: dict[str, str] = field(default_factory=dict)
    account: str = ACCOUNT
    owner: str = "ml"
    adopt: str | None = None
    wrong: dict[str, Any] = field(default_factory=dict)

    def __call__(self) -> None:
        provider = aws.Provider(
            "aws",
            region=REGION,
            allowed_account_ids=[self.account],
            default_tags={"tags": {"Owner": self.owner}},
        )
        opts = pulumi.ResourceOptions(provider=provider)
        net = aws.ec2.Vpc("net", cidr_block=self.cidr, tags=self.tags, opts=opts)
        prefix = self.cidr.rsplit(".", 2)[0]
        subnet = aws.ec2.Subnet("sub", vpc_id=net.id, cidr_block=f"{prefix}.1.0/24", opts=opts, **self.wrong)
        bucket = aws.s3.Bucket("Models", force_destroy=True, opts=opts)
        aws.s3.BucketVersioning(
            "versions", bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=opts
        )
        if self.adopt:
            adopted = pulumi.ResourceOptions(provider=provider, import_=self.adopt)
            aws.sqs.Queue("adopted", name="old", opts=adopted)
        pulumi.export("vpc", net.id)
        pulumi.export("subnet", subnet.id)
        pulumi.export("bucket", bucket.bucket)


@pytest.fixture
def program() -> Program:
    return Program()


@pytest.fixture
def engine(empty_aws: str, toolchain: Toolchain, program: Program, tmp_path: Path) -> Iterator[Engine]:
    """The real engine with the provider attached, over an empty AWS."""
    assert empty_aws
    command = [sys.executable, "-m", "sandbox.providers.aws"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as provider:
        assert provider.stdout is not None
        port = int(provider.stdout.readline())
        (tmp_path / "Pulumi.yaml").write_text("name: ferry\nruntime: python\n")
        (tmp_path / "Pulumi.test.yaml").write_text("config: {}\n")
        spec = EngineSpec(tmp_path, "test", tmp_path / "home", toolchain.path(Tool.PULUMI), {"aws": port})
        yield Engine(spec, program)
        provider.terminate()


def live(service: str) -> Any:
    return clients.client(service, REGION)


def test_life_of_a_small_stack(engine: Engine, program: Program) -> None:
    """A1, A5: what a preview promises is made, stays, changes in place, and goes."""
    assert engine.preview().changes == {"create": 6}
    engine.up()
    outputs = engine.outputs()
    assert (
        live("ec2").describe_subnets(SubnetIds=[outputs["subnet"]])["Subnets"][0]["VpcId"] == outputs["vpc"]
    )
    assert live("s3").get_bucket_versioning(Bucket=outputs["bucket"])["Status"] == "Enabled"
    assert engine.preview().changed == 0
    program.tags = {"Name": "renamed"}
    assert engine.up().changes == {"same": 5, "update": 1}
    assert engine.outputs()["vpc"] == outputs["vpc"]
    assert engine.preview().changed == 0
    engine.destroy()
    assert live("s3").list_buckets()["Buckets"] == []
    assert all(net["IsDefault"] for net in live("ec2").describe_vpcs()["Vpcs"])


def test_other_default_tags_reach_every_resource_with_the_same_up(engine: Engine, program: Program) -> None:
    """A1: as with the official provider, which says that its own configuration has changed."""
    engine.up()
    program.owner = "platform"
    assert engine.preview().changes == {"same": 2, "update": 4}
    engine.up()
    assert engine.preview().changed == 0


def test_another_range_replaces_the_network_and_what_stands_in_it(engine: Engine, program: Program) -> None:
    engine.up()
    before = engine.outputs()
    program.cidr = "10.1.0.0/16"
    assert engine.up().changes == {"replace": 2, "same": 4}
    after = engine.outputs()
    assert after["vpc"] != before["vpc"]
    assert after["bucket"] == before["bucket"]
    assert engine.preview().changed == 0


def test_existing_queue_is_imported_and_then_unchanged(engine: Engine, program: Program) -> None:
    program.adopt = live("sqs").create_queue(
        QueueName="old", Attributes={"MaximumMessageSize": "262144"}, tags={"Owner": "ml"}
    )["QueueUrl"]
    assert engine.up().changes == {"create": 6, "import": 1}
    assert engine.preview().changed == 0


def test_mistake_fails_the_preview_with_its_name(engine: Engine, program: Program) -> None:
    program.wrong = {"map_public_ip_on_launch": "perhaps"}
    with pytest.raises(EngineError, match=r"mapPublicIpOnLaunch.*expected boolean type, got string"):
        engine.preview()


def test_wrong_account_fails_before_anything_is_made(engine: Engine, program: Program) -> None:
    program.account = "999999999999"
    with pytest.raises(EngineError, match=f"AWS account ID not allowed: {ACCOUNT}"):
        engine.preview()
