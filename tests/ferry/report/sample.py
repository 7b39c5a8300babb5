"""A report as a whole rehearsal would leave it: some 260 resources, twenty checks, nodes that came and
went.
"""

from __future__ import annotations

from ferry.report.model import (
    Check,
    Claim,
    Cluster,
    Deployments,
    Kept,
    Memory,
    Node,
    Pod,
    Report,
    Resource,
    Timings,
    Warned,
)

PREFIX = "urn:pulumi:dev::ferry::"


def urn(type_: str, name: str) -> str:
    return f"{PREFIX}{type_}::{name}"


STACK = urn("pulumi:pulumi:Stack", "ferry-dev")


class Made:
    """Collects resources as a program registers them."""

    def __init__(self) -> None:
        self.resources = [Resource(urn=STACK, type="pulumi:pulumi:Stack", name="ferry-dev")]
        self._clock = 0.0

    def component(self, name: str, type_: str, parent: str = STACK) -> str:
        found = Resource(
            urn=urn(f"ferry:infra:{type_}", name), type=f"ferry:infra:{type_}", name=name, parent=parent
        )
        self.resources.append(found)
        return found.urn

    def add(self, type_: str, name: str, parent: str, *needs: str, seconds: float = 0.06) -> str:
        self._clock += 0.045
        found = Resource(
            urn=urn(type_, name), type=type_, name=name, parent=parent, dependencies=list(needs),
            started=round(self._clock, 3), seconds=seconds,
        )  # fmt: skip
        self.resources.append(found)
        return found.urn


def resources() -> list[Resource]:
    """The foundation of one environment, in its components."""
    made = Made()
    subnets, vpc = _network(made)
    keys = made.component("keys", "Keys")
    key = [made.add("aws:kms/key:Key", f"{name}-key", keys) for name in ("secrets", "stores", "logs")]
    cluster, nodes, issuer = _cluster(made, subnets, key[0])
    charts = _karpenter(made, nodes, issuer, cluster)
    stores = _stores(made, key[1])
    _data(made, subnets, vpc, key[0])
    _roles(made, issuer, stores)
    _workloads(made, charts)
    registry = made.component("registry", "Registry")
    for name in ("triton", "pipelines", "mlflow", "ocr"):
        repository = made.add("aws:ecr/repository:Repository", name, registry)
        made.add("aws:ecr/lifecyclePolicy:LifecyclePolicy", name, registry, repository)
    return made.resources


def _network(made: Made) -> tuple[list[str], str]:
    network = made.component("network", "Network")
    vpc = made.add("aws:ec2/vpc:Vpc", "vpc", network, seconds=0.11)
    gateway = made.add("aws:ec2/internetGateway:InternetGateway", "igw", network, vpc)
    nat = made.add("aws:ec2/natGateway:NatGateway", "nat-a", network, gateway, seconds=0.4)
    subnets = []
    for tier in ("public", "private", "intra"):
        part = made.component(f"{tier}-subnets", "Subnets", network)
        for zone in "abc":
            subnet = made.add("aws:ec2/subnet:Subnet", f"{tier}-{zone}", part, vpc)
            table = made.add("aws:ec2/routeTable:RouteTable", f"{tier}-{zone}", part, vpc)
            made.add(
                "aws:ec2/routeTableAssociation:RouteTableAssociation", f"{tier}-{zone}", part, subnet, table
            )
            if tier != "intra":
                made.add("aws:ec2/route:Route", f"{tier}-{zone}-out", part, table, nat)
            subnets += [subnet] if tier == "private" else []
    for service in ("s3", "ecr.api", "ecr.dkr", "sts", "logs"):
        made.add("aws:ec2/vpcEndpoint:VpcEndpoint", f"endpoint-{service}", network, vpc, *subnets)
    made.add("aws:ec2/flowLog:FlowLog", "flow-log", network, vpc)
    return subnets, vpc


def _cluster(made: Made, subnets: list[str], key: str) -> tuple[str, str, str]:
    component = made.component("cluster", "Cluster")
    role = made.add("aws:iam/role:Role", "cluster-role", component)
    right = made.add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "cluster-policy", component, role)
    cluster = made.add("aws:eks/cluster:Cluster", "ferry-dev", component, right, key, *subnets, seconds=1.9)
    issuer = made.add("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "issuer", component, cluster)
    node_role = made.add("aws:iam/role:Role", "node-role", component)
    nodes = made.add(
        "aws:eks/nodeGroup:NodeGroup", "system", component, cluster, node_role, *subnets, seconds=1.2
    )
    for addon in ("vpc-cni", "coredns", "kube-proxy", "aws-ebs-csi-driver"):
        made.add("aws:eks/addon:Addon", addon, component, nodes, seconds=0.5)
    for who in ("admin", "apply", "preview", "karpenter-nodes"):
        entry = made.add("aws:eks/accessEntry:AccessEntry", who, component, cluster)
        made.add("aws:eks/accessPolicyAssociation:AccessPolicyAssociation", who, component, entry)
    return cluster, nodes, issuer


def _karpenter(made: Made, nodes: str, issuer: str, cluster: str) -> str:
    component = made.component("karpenter", "Karpenter")
    queue = made.add("aws:sqs/queue:Queue", "interruptions", component)
    for event in ("spot", "rebalance", "state-change", "health"):
        rule = made.add("aws:cloudwatch/eventRule:EventRule", event, component)
        made.add("aws:cloudwatch/eventTarget:EventTarget", event, component, rule, queue)
    role = made.add("aws:iam/role:Role", "karpenter-controller", component, issuer)
    crds = made.add("kubernetes:helm.sh/v3:Release", "karpenter-crd", component, nodes, seconds=2.3)
    chart = made.add("kubernetes:helm.sh/v3:Release", "karpenter", component, crds, role, queue, seconds=6.8)
    made.add("aws:ec2/tag:Tag", "discovery", component, cluster)
    for name in ("general", "gpu"):
        node_class = made.add(
            "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass", name, component, chart, seconds=1.1
        )
        made.add("kubernetes:karpenter.sh/v1:NodePool", name, component, node_class, seconds=0.9)
    return chart


def _stores(made: Made, key: str) -> list[str]:
    component = made.component("stores", "ArtifactStores")
    buckets = []
    for name in ("models", "pipelines", "mlflow", "training-data", "evidence", "access-logs"):
        part = made.component(f"{name}-store", "ArtifactStore", component)
        bucket = made.add("aws:s3/bucket:Bucket", name, part, key)
        for kind in ("Versioning", "PublicAccessBlock", "LifecycleConfiguration", "Policy", "Logging"):
            made.add(f"aws:s3/bucket{kind}:Bucket{kind}", name, part, bucket)
        buckets.append(bucket)
    return buckets


def _data(made: Made, subnets: list[str], vpc: str, key: str) -> None:
    postgres = made.component("postgres", "Postgres")
    group = made.add("aws:rds/subnetGroup:SubnetGroup", "mlflow", postgres, *subnets)
    wall = made.add("aws:ec2/securityGroup:SecurityGroup", "postgres", postgres, vpc)
    made.add("aws:rds/instance:Instance", "mlflow", postgres, group, wall, key, seconds=1.4)
    redis = made.component("redis", "Redis")
    secret = made.add("kubernetes:v1:Secret", "redis-auth", redis)
    config = made.add("kubernetes:v1:ConfigMap", "redis", redis)
    made.add("kubernetes:apps/v1:StatefulSet", "redis", redis, secret, config, seconds=2.6)
    made.add("kubernetes:v1:Service", "redis", redis)


def _roles(made: Made, issuer: str, stores: list[str]) -> None:
    component = made.component("service-roles", "ServiceRoles")
    for name in ("pipeline-runner", "mlflow", "triton", "external-secrets", "ebs-csi"):
        part = made.component(name, "ServiceRole", component)
        role = made.add("aws:iam/role:Role", name, part, issuer)
        made.add("aws:iam/rolePolicy:RolePolicy", name, part, role, *stores[:2])
        made.add("kubernetes:v1:ServiceAccount", name, part, role)


def _workloads(made: Made, chart: str) -> None:
    component = made.component("services", "Services")
    for name in ("ferry-system", "kubeflow", "features", "serving", "mlflow", "monitoring"):
        part = made.component(f"{name}-space", "Space", component)
        space = made.add("kubernetes:v1:Namespace", name, part, chart)
        made.add("kubernetes:networking.k8s.io/v1:NetworkPolicy", f"{name}-deny", part, space)
        made.add("kubernetes:v1:ResourceQuota", f"{name}-quota", part, space)
        for thing in ("api", "worker"):
            config = made.add("kubernetes:v1:ConfigMap", f"{name}-{thing}", part, space)
            made.add("kubernetes:apps/v1:Deployment", f"{name}-{thing}", part, config, seconds=1.3)
            made.add("kubernetes:v1:Service", f"{name}-{thing}", part, space)


def checks() -> list[Check]:
    """Claims of a good run."""
    return [
        Claim("speed.up", "E1", "`up` takes at most 1.5 times its floor").at_most(1.5, 1.18, "x"),
        Claim("speed.preview", "E1", "a preview takes at most 1.3 times its floor").at_most(1.3, 1.12, "x"),
        Claim("speed.boot", "E1", "the control plane is ready within 15 s of a warm start").at_most(
            15, 7.4, "s"
        ),
        Claim("memory.peak", "E1", "the whole rehearsal stays under 3 GB").at_most(3, 2.14, "GB"),
        Claim("order.first-up", "E1", "whoever needs another resource waits for it").equal(
            0, 0, "violations"
        ),
        Claim("aws.found", "A1", "boto3 finds every resource that the engine made of a backed type").equal(
            214, 214
        ),
        Claim("aws.cluster", "A2", "the cluster uses access entries, encrypts secrets and logs").none_of([]),
        Claim("discovery.subnets", "A1", "Karpenter lists exactly the subnets that carry the tag").none_of(
            []
        ),
        Claim("gpu.pends", "A3", "pods that ask for a GPU pend first: no GPU node stands idle").equal(
            3, 3, "pods"
        ),
        Claim("gpu.smallest-size", "A3", "every GPU node is of the smallest size that fits").equal(
            "g4dn.xlarge", "g4dn.xlarge", detail=["gpu-check-1 on gpu-7x2kq (g4dn.xlarge, spot)"]
        ),
        Claim("gpu.training-stays", "A3", "a running training pod is not evicted meanwhile").none_of(
            [], "evictions"
        ),
        Claim("irsa.allowed", "A4", "pipeline-runner takes its role, writes and reads its own bucket").equal(
            3, 3
        ),
        Claim("irsa.refused", "A4", "another account, namespace, audience or bucket is refused").equal(7, 7),
        Claim("kubelet.resolves", "B9", "every Secret, ConfigMap, port, selector and image resolves").none_of(
            []
        ),
        Claim("kubelet.twins", "B9", "each reference's broken twin is noticed").none_of([], "unseen"),
        Claim("cluster.ready", "B1", "every controller has all the replicas it wants").equal(
            14, 14, "controllers"
        ),
    ]


def nodes() -> list[Node]:
    """Two system nodes, a general one, a GPU node that works, two that came and went."""
    found = []
    for place, zone in enumerate("ab"):
        names = ("coredns-6f9b", "karpenter-7c4d", "ebs-csi-controller-5d8", "aws-node-x", "kube-proxy-y")
        pods = [Pod(namespace="kube-system", name=f"{name}{place}", phase="Running") for name in names]
        name = f"ip-10-0-{place}-17.ec2.internal"
        zoned = f"us-east-1{zone}"
        found.append(
            Node(name=name, instance_type="m5.large", capacity_type="on-demand", zone=zoned, pods=pods)
        )
    spaces = ("kubeflow", "features", "serving", "mlflow")
    pods = [
        Pod(namespace=space, name=f"{space}-api-58d7f{i}", phase="Running") for space in spaces for i in "ab"
    ]
    found.append(
        Node(name="general-k2v9p", instance_type="c6i.xlarge", capacity_type="spot", nodepool="general",
             zone="us-east-1b", pods=pods)
    )  # fmt: skip
    training = [Pod(namespace="default", name="gpu-check-training", phase="Running", gpus=1)]
    for name, gone in (("gpu-4hz8w", False), ("gpu-7x2kq", True), ("gpu-c5m1t", True)):
        found.append(
            Node(name=name, instance_type="g4dn.xlarge", capacity_type="spot", nodepool="gpu", gpus=1,
                 zone="us-east-1a", gone=gone, pods=[] if gone else training)
        )  # fmt: skip
    return found


def good() -> Report:
    """A run in which everything held."""
    made = resources()
    counts: dict[str, int] = {}
    for item in made[1:]:
        if not item.type.startswith("ferry:"):
            counts[item.type] = counts.get(item.type, 0) + 1
    return Report(
        environment="dev",
        started_at="2026-11-21T12:04:31+00:00",
        versions={"pulumi": "3.250.0", "kubernetes": "v1.35.4", "karpenter": "1.12.1", "moto": "5.2.5"},
        providers={"aws": "emulated", "eks": "emulated", "kubernetes": "emulated"},
        checks=checks(),
        resources=counts,
        recorded_only=["aws:eks/addon:Addon", "kubernetes:helm.sh/v3:Release"],
        warnings=[
            Warned(resource="pool-gpu", message="unknown field \"spec.template.spec.kubelet\""),
            Warned(resource="karpenter", message="metadata.finalizers: prefer a domain-qualified name"),
        ],
        simulated=["pods report Ready by kwok", "volumes of the EBS CSI driver", "NLB addresses"],
        timings=Timings(
            build=0.0, boot=7.4, preview=9.8, up=18.2, waiting=11.6, second_preview=10.4, destroy=14.9,
            floor_preview=8.75, floor_up=15.4,
        ),
        second_preview_changes=0,
        cluster=Cluster(deployments=Deployments(ready=14, wanted=14), pending_pods=0, nodes=nodes()),
        kept=[Kept(what="us-east-1/kms/key/1f0c", reason="AWS waits 7 to 30 days by design")],
        leaks=[],
        memory=Memory(
            peak_gb=2.14,
            by_process={"pulumi": 0.41, "kube-apiserver": 0.33, "moto": 0.31, "karpenter": 0.19},
        ),
        graph=made,
    )  # fmt: skip


def bad() -> Report:
    """A run that failed two claims and left something behind."""
    report = good()
    broken = [
        Claim("kubelet.resolves", "B9", "every Secret, ConfigMap, port, selector and image resolves").none_of(
            ["Deployment kubeflow/api: spec.template.spec.volumes[0].secret.secretName asks for "
             "Secret kubeflow/db, which does not exist"]
        ),
        Claim("speed.up", "E1", "`up` takes at most 1.5 times its floor").at_most(1.5, 1.93, "x"),
    ]  # fmt: skip
    kept = [check for check in report.checks if check.id not in {item.id for item in broken}]
    timings = report.timings.model_copy(update={"up": 29.7})
    leaks = ["us-east-1/ec2/volume/vol-0a1b2c3d"]
    return report.model_copy(update={"checks": broken + kept, "leaks": leaks, "timings": timings})
