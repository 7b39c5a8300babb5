"""A program run against the SDK's mocks: what would be registered, with every output that AWS would make.

It proves what the program asks for. It cannot prove that AWS would accept it: the rehearsal does that.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pulumi
from pulumi.runtime import mocks as sdk_mocks
from pulumi.runtime import resource, rpc, settings
from pulumi.runtime.proto import callback_pb2, source_pb2
from pulumi.runtime.stack import run_pulumi_func

from sandbox.engine import forget_callbacks
from stacks import garbage

ACCOUNT = "123456789012"
TOKEN = "made-by-aws"  # noqa: S105 - what the mocked AWS answers
SECRET_TOKEN = {rpc._special_sig_key: rpc._special_secret_sig, "value": TOKEN}
"""The same, marked so that the engine encrypts it wherever it writes it."""
ISSUER = "https://oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"


@dataclass(frozen=True)
class Registered:
    """One resource as the program registered it; ``inputs`` by their names on the wire."""

    type: str
    name: str
    inputs: dict[str, Any]
    urn: str = ""
    parent: str = ""
    depends_on: tuple[str, ...] = ()
    protect: bool = False
    provider: str = ""
    custom: bool = True
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Input → URNs of the resources that it comes from."""


@dataclass
class World(sdk_mocks.Mocks):
    """Answers as AWS and the cluster would, and remembers what was asked."""

    calls: list[str] = field(default_factory=list)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """The inputs, and what AWS would add to them."""
        return f"{args.name}-id", {**args.inputs, **_made(args)}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Data sources."""
        self.calls.append(args.token)
        return ({"randomPassword": TOKEN} if args.token.endswith("getRandomPassword") else {}), []


def _made(args: pulumi.runtime.MockResourceArgs) -> dict[str, Any]:
    if args.typ == "eks:index:Cluster":
        server = {"server": "https://api.example", "certificate-authority-data": "Q0E="}
        return {
            "kubeconfig": {"clusters": [{"name": "kubernetes", "cluster": server}]},
            "nodeSecurityGroupId": "sg-nodes",
            "oidcProviderUrl": ISSUER,
        }
    if args.typ == "aws:eks/cluster:Cluster":
        return {
            "arn": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/{args.inputs.get('name')}",
            "endpoint": "https://api.example",
            "certificateAuthority": {"data": "Q0E="},
            "identities": [{"oidcs": [{"issuer": ISSUER}]}],
            "vpcConfig": {**args.inputs["vpcConfig"], "clusterSecurityGroupId": "sg-of-eks"},
        }
    service = args.typ.partition(":")[2].partition("/")[0]
    name = args.inputs.get("bucket") or args.inputs.get("name") or args.name
    arn = f"arn:aws:s3:::{name}" if service == "s3" else f"arn:aws:{service}:us-east-1:{ACCOUNT}:{name}"
    if service == "iam":
        arn = f"arn:aws:iam::{ACCOUNT}:{args.typ.rpartition(':')[2].lower()}/{name}"
    if args.typ == "aws:iam/openIdConnectProvider:OpenIdConnectProvider":
        arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER.removeprefix('https://')}"
    if args.typ == "aws:kms/key:Key":
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{name}"
    if args.typ == "aws:secretsmanager/secret:Secret":
        arn = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-a1b2c3"
    if args.typ == "aws:cloudwatch/logGroup:LogGroup":
        arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}"
    if args.typ == "aws:ecr/repository:Repository":
        host = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
        return {"arn": arn, "name": name, "repositoryUrl": f"{host}/{name}"}
    if args.typ == "aws:rds/instance:Instance":
        secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:rds!db-{name}-AbCdEf"
        return {"arn": arn, "name": name, "masterUserSecrets": [{"secretArn": secret}]}
    return {"arn": arn, "name": name, "keyId": f"{args.name}-key", "url": args.inputs.get("url") or name}


class Monitor(sdk_mocks.MockMonitor):
    """The SDK's mock monitor, which also remembers options (parent, dependencies, protection)."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.registered: list[Registered] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the gRPC service's name
        """Remember it, then do as the mock does.

        A reference to another resource is replaced by its URN: the mock would look it up again, which
        works or not depending on the thread that asks.
        """
        for key, value in request.object.fields.items():
            if rpc._special_sig_key in value.struct_value.fields and "urn" in value.struct_value.fields:
                request.object.fields[key].string_value = value.struct_value.fields["urn"].string_value
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call] # the SDK's mocks have no types
        inputs = pulumi.runtime.rpc.deserialize_properties(request.object)
        self.registered.append(
            Registered(
                type=request.type,
                name=request.name,
                inputs=inputs,
                urn=response.urn,
                parent=request.parent,
                depends_on=tuple(request.dependencies),
                protect=request.protect,
                provider=request.provider,
                custom=request.custom,
                uses={key: tuple(found.urns) for key, found in request.propertyDependencies.items()},
            )
        )
        return response


class _Callbacks:
    """Takes transforms as the engine would; the mocks have no children of remote components to transform."""

    def register_transform(self, _transform: object) -> callback_pb2.Callback:
        """A callback that nobody calls."""
        return callback_pb2.Callback(target="nobody", token="none")  # noqa: S106 - the name of a field


def _accept_transforms() -> None:
    settings.SETTINGS.feature_support["transforms"] = True
    settings.SETTINGS.callbacks = _Callbacks()


@dataclass(frozen=True)
class Made:
    """Everything that a program registered."""

    resources: tuple[Registered, ...]
    exports: dict[str, Any]

    def of(self, type_: str) -> list[Registered]:
        """Resources of a type, ``aws:s3/bucket:Bucket``."""
        return [item for item in self.resources if item.type == type_]

    def one(self, type_: str, name: str) -> Registered:
        """The one resource of a type whose name in the state ends with ``name``."""
        found = [item for item in self.of(type_) if item.name.endswith(name)]
        if len(found) != 1:
            raise LookupError(f"{type_} {name}: {[item.name for item in self.of(type_)]}")
        return found[0]

    def aws(self) -> Iterator[Registered]:
        """Resources of AWS."""
        return (item for item in self.resources if item.type.startswith("aws:"))


async def _to_its_end(body: Callable[[], None]) -> None:
    """Run the program, then let the SDK end it as it ends every program: raise what failed, shut down.

    The SDK's own wait looks at all outstanding tasks each time one of them is done, so that its cost grows
    with the square of the resources (over a third of a render of prod). Here they are waited for together
    first, and it finds nothing left.
    """
    failure: list[Exception] = []
    try:
        body()
    except Exception as error:
        failure.append(error)
    failed = bool(failure)
    while not failed and (waiting := _outstanding()):
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)
        failed = any(task.cancelled() or task.exception() for task in done)
    await run_pulumi_func(lambda: _raise(failure))


def _raise(failure: list[Exception]) -> None:
    for error in failure:
        raise error


def _outstanding() -> set[asyncio.Future[Any]]:
    with settings.SETTINGS.lock:
        tasks = [*settings.SETTINGS.rpc_manager.rpcs, *settings.SETTINGS.outputs]
    return {task for task in map(asyncio.ensure_future, tasks) if not task.done()}


def run(program: Callable[[], dict[str, Any] | None], *, preview: bool = False, stack: str = "dev") -> Made:
    """Run a program to its end. Where in the source a resource stands is left out: a quarter of the time."""
    garbage.seldom()
    forget_callbacks()
    world = World()
    monitor = Monitor(world)
    exported: dict[str, Any] = {}

    def body() -> None:
        for name, value in (program() or {}).items():
            pulumi.Output.from_input(value).apply(functools.partial(exported.__setitem__, name))

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        pulumi.runtime.set_mocks(world, project="ferry", stack=stack, preview=preview, monitor=monitor)
        settings.SETTINGS.rpc_manager.clear()  # a program that ended in an error leaves some behind
        settings.SETTINGS.outputs.clear()
        _accept_transforms()
        with mock.patch.object(resource, "_get_stack_trace", source_pb2.StackTrace):
            loop.run_until_complete(_to_its_end(body))
    finally:
        loop.close()
        asyncio.set_event_loop(None)
    return Made(tuple(monitor.registered), exported)


def policy(item: Registered, key: str = "policy") -> dict[str, Any]:
    """A policy document among a resource's inputs."""
    document: dict[str, Any] = json.loads(item.inputs[key])
    return document
