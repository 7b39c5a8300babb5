"""The first `up` order (issue: "a test breaks each ordering dependency and sees it fail"), E1.

The real engine, a real API server, the emulated AWS and real components; each case takes away one ordering
and decides the race the wrong way. Proves that each ordering is needed, and how its lack fails. That the
program has every ordering is judged on each rehearsal's graph (``checks/first_order.py``); that it goes up
with them is proved by the rehearsals.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pytest

from infra.charts.lock import locked
from infra.charts.release import ReleaseArgs, release
from infra.cluster import Cluster, ClusterArgs, kubeconfig
from infra.karpenter import Karpenter, KarpenterArgs
from infra.namespaces import Namespaces, Space
from infra.network import Network, NetworkArgs
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope
from infra.stores import ArtifactStores, ArtifactStoresArgs
from infra.stores.policy import use_bucket
from sandbox.engine import Engine, EngineError
from sandbox.providers.aws import clients
from sandbox.toolchain import Toolchain
from sandbox.world import World
from sandbox.worldspec import WorldSpec
from stacks.foundation import NAMESPACES, PIPELINES, RUNNER
from tests.infra.environments import settings
from tests.sandbox.providers.harness.attaching import attached, engine
from tests.stacks.first_up import HELD, Race, sessions
from tests.worlds import CLUSTER, decision

pytestmark = pytest.mark.controlplane

PRINCIPAL = "ferry-dev-apply"
CHARTS = "first-charts"


@dataclass
class Ground:
    """What all cases stand on: one world, providers in this process, and a cluster that lets us in."""

    spec: WorldSpec
    ports: dict[str, int]
    subnets: list[str]
    vpc: str
    key: str
    race: Race = dataclasses.field(default_factory=Race)
    count: Iterator[int] = dataclasses.field(default_factory=itertools.count)

    def scope(self, name: str) -> Scope:
        """An environment of the case's own, so that no case meets what another left."""
        return Scope(f"first-{name}", self.spec.account, self.spec.region)

    def providers(self) -> list[pulumi.ProviderResource]:
        """The way to AWS, and into the cluster that is there already."""
        config = kubeconfig(CLUSTER, self.spec.region, self.spec.apiserver, self.spec.ca_data)
        return [
            aws.Provider("aws", region=self.spec.region),
            kubernetes.Provider("cluster", kubeconfig=json.dumps(config), enable_server_side_apply=True),
        ]

    @property
    def identity(self) -> Identity:
        """Whose tokens IAM believes."""
        return Identity(pulumi.Output.from_input(self._issuer), pulumi.Output.from_input(self.spec.issuer))

    @property
    def _issuer(self) -> str:
        host = self.spec.issuer.removeprefix("https://")
        return f"arn:aws:iam::{self.spec.account}:oidc-provider/{host}"

    def issuer_known(self, wanted: bool) -> None:
        """Whether IAM knows the issuer already: a program that makes a cluster makes it known itself."""
        iam = clients.client("iam", self.spec.region)
        listed = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        known = self._issuer in {item["Arn"] for item in listed}
        if wanted and not known:
            iam.create_open_id_connect_provider(Url=self.spec.issuer, ClientIDList=["sts.amazonaws.com"])
        elif known and not wanted:
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=self._issuer)


@pytest.fixture(scope="module")
def ground(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    state = tmp_path_factory.mktemp("first") / "up"
    with World(decision(toolchain, state)) as world, pytest.MonkeyPatch.context() as patch:
        world.start_aws()
        world.start_control_plane()
        world.start_cluster_agents()
        for name, value in world.spec.environment().items():
            patch.setenv(name, value)
        with contextlib.ExitStack() as stack:
            found = _prepared(world.spec)
            made = sessions(world.spec, lambda: found.race)
            found.ports |= {name: stack.enter_context(attached(make)) for name, make in made.items()}
            found.ports["eks"] = world.start_provider("eks")
            yield found


def _prepared(spec: WorldSpec) -> Ground:
    """What is there before: a cluster that lets us in, a key, and who is to enter."""
    iam, eks, ec2 = (clients.client(name, spec.region) for name in ("iam", "eks", "ec2"))
    trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"},
                                       "Action": "sts:AssumeRole"}]})  # fmt: skip
    role = iam.create_role(RoleName="cluster", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="cluster", PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")
    iam.create_role(RoleName=PRINCIPAL, AssumeRolePolicyDocument=trust)
    net = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][:3]
    names = [subnet["SubnetId"] for subnet in net]
    eks.create_cluster(
        name=CLUSTER,
        roleArn=role,
        resourcesVpcConfig={"subnetIds": names},
        accessConfig={"authenticationMode": "API"},
    )
    key = clients.client("kms", spec.region).create_key()["KeyMetadata"]["Arn"]
    return Ground(spec, {}, names, net[0]["VpcId"], key)


# --- the programs: components of infra, as the layers wire them -------------------------------------------


def karpenter(ground: Ground, name: str) -> None:
    args = KarpenterArgs(
        scope=ground.scope(name),
        spec=settings("dev").karpenter,
        cluster_name=pulumi.Output.from_input(CLUSTER),
        identity=ground.identity,
        ready=[],
    )
    Karpenter("karpenter", args, pulumi.ResourceOptions(providers=ground.providers()))


def namespaces(ground: Ground, name: str) -> None:
    providers = ground.providers()
    made = Namespaces("namespaces", NAMESPACES, pulumi.ResourceOptions(providers=providers)).made
    args = ServiceRoleArgs(
        scope=ground.scope(name),
        identity=ground.identity,
        namespace=PIPELINES,
        account=RUNNER,
        statements=use_bucket("first-pipelines", ground.key, ground.spec.region),
        create_account=True,
    )
    after = [made[PIPELINES]]
    ServiceRole(RUNNER, args, pulumi.ResourceOptions(providers=providers, depends_on=after))


class Charted(Component):
    """A service that is a chart in a namespace of its own."""

    def __init__(self, opts: pulumi.ResourceOptions) -> None:
        super().__init__("Charted", "charted", opts)
        release(self, ReleaseArgs(locked("metrics-server"), CHARTS, name="chart"))
        self.register_outputs({})


def charted(ground: Ground, _name: str) -> None:
    providers = ground.providers()
    own = {CHARTS: Space("baseline")}
    made = Namespaces("namespaces", own, pulumi.ResourceOptions(providers=providers)).made
    Charted(pulumi.ResourceOptions(providers=providers, depends_on=[made[CHARTS]]))


def network(ground: Ground, name: str) -> None:
    args = NetworkArgs(ground.scope(name), settings("dev").network, ground.key)
    Network("network", args, pulumi.ResourceOptions(providers=ground.providers()[:1]))


def stores(ground: Ground, name: str) -> None:
    copies = aws.Provider("copies", region="us-west-2")
    key = pulumi.Output.from_input(ground.key)
    args = ArtifactStoresArgs(ground.scope(name), settings("prod").storage, key, copies)
    ArtifactStores("stores", args, pulumi.ResourceOptions(providers=ground.providers()[:1]))


def cluster(ground: Ground, name: str) -> None:
    args = ClusterArgs(
        scope=ground.scope(name),
        spec=settings("dev").cluster,
        vpc_id=ground.vpc,
        subnet_ids=ground.subnets,
        secrets_key=ground.key,
        logs_key=ground.key,
        data_key=ground.key,
        ways_out=[],
    )
    Cluster("cluster", args, pulumi.ResourceOptions(providers=ground.providers()[:1]))


@dataclass(frozen=True)
class Case:
    """A broken ordering and how AWS or Kubernetes says so."""

    name: str
    program: Callable[[Ground, str], None]
    free: tuple[str, ...]
    who: str
    held: str
    says: str
    late: bool = False
    lacks: str = ""
    asked: str = ""
    """What the call log of AWS must hold then: a controller that may do nothing says so only there."""


CASES = (
    Case(
        "node class before its definition",
        karpenter,
        ("karpenter-node-class",),
        "::karpenter-node-class",
        "::karpenter-karpenter-crd",
        r'no matches for kind "EC2NodeClass" in version "karpenter.k8s.aws/v1"',
    ),
    Case(
        "node pool before its definition",
        karpenter,
        ("karpenter-pool-general",),
        "::karpenter-pool-general",
        "::karpenter-karpenter-crd",
        r'no matches for kind "NodePool" in version "karpenter.sh/v1"',
    ),
    Case(
        "object before its namespace",
        namespaces,
        (f"{RUNNER}*",),
        f"::{RUNNER}-account",
        f"::namespaces-{PIPELINES}",
        rf'namespaces "{PIPELINES}" not found',
    ),
    Case(
        "chart before its namespace",
        charted,
        ("charted*",),
        "::charted-chart",
        f"::namespaces-{CHARTS}",
        rf'namespaces "{CHARTS}" not found',
    ),
    Case(
        "objects before the access entries",
        cluster,
        ("cluster-kubernetes", "cluster-gp3*"),
        "kubernetes:storage.k8s.io/v1:StorageClass::",  # whichever of them comes first ends the `up`
        f"::cluster-access-role-{PRINCIPAL}-admin",
        r"the server has asked for the client to provide credentials",
    ),
    Case(
        "cluster before its log group",
        cluster,
        ("cluster-eks",),
        "aws:eks/cluster:Cluster::",
        "::cluster-logs",
        r"ResourceAlreadyExistsException.*log group already exists",
        late=True,
    ),
    Case(
        "NAT before the internet gateway",
        network,
        ("network-nat-a*",),
        "::network-nat-a",
        "::network-internet",
        r"Gateway\.NotAttached.*has no Internet gateway attached",
    ),
    Case(
        "copies of a store before it keeps versions",
        stores,
        ("stores-models-replication",),
        "::stores-models-replication",
        "::stores-models-versioning",
        r"Versioning must be 'Enabled' on the bucket to apply a replication configuration",
    ),
    Case(  # the last: its Karpenter stays installed
        "Karpenter before its role may do anything",
        karpenter,
        ("karpenter-karpenter",),
        "::karpenter-karpenter",
        "::karpenter-controller-policy",
        r"kube-system/karpenter.*failed to become available within allocated timeout",
        lacks="karpenter-controller",
        asked=r'assumed-role/first-\d+-karpenter/[^}]*"error": "(AccessDenied|UnauthorizedOp)',
    ),
)


def attempt(ground: Ground, case: Case, folder: Path) -> str:
    """What the engine says of an `up` of a case's program."""
    name = f"{next(ground.count)}"
    ground.issuer_known(case.program is not cluster)

    def program() -> None:
        pulumi.runtime.register_stack_transformation(ground.race.transform)
        case.program(ground, name)

    stack: Engine = engine(folder / "stack", ground.ports, program)
    with pytest.raises(EngineError) as failed:
        stack.up()
    return str(failed.value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_ordering_fails_the_first_up_as_it_does_on_aws(
    ground: Ground, case: Case, tmp_path: Path
) -> None:
    ground.race = Race(case.free, case.lacks, case.who, case.held, case.late)
    said = attempt(ground, case, tmp_path)
    assert ground.race.tried.is_set(), f"{case.who} never came: {said}"
    assert re.search(case.says, said, re.DOTALL), said
    calls = ground.spec.calls.read_text().splitlines()
    assert any(re.search(case.asked, call) for call in calls), "nobody asked AWS what it must refuse"


@pytest.mark.parametrize("case", CASES[:1], ids=lambda case: case.name)
def test_with_the_ordering_whole_nobody_overtakes(ground: Ground, case: Case, tmp_path: Path) -> None:
    """The control: what is held never comes, and who needs it is not even tried."""
    ground.race = Race(who=case.who, held=case.held, patience=0.1)
    said = attempt(ground, case, tmp_path)
    assert not ground.race.tried.is_set()
    assert "never came" in said
    assert HELD not in said
