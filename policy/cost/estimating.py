"""From resources to money: one function for each type that costs something."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import yaml

from policy.cost.model import Component, Estimate, Line, Usage
from policy.cost.prices import Prices, PriceTable, table
from policy.model import Resource
from policy.reading import at, many, maps, number, true

STANDARD_DISK_GIB = 20.0
"""What an EKS node group's disk is when nobody says."""


@dataclass(frozen=True)
class _Bill:
    """Everything that a pricing function may look at."""

    resources: Sequence[Resource]
    prices: Prices
    table: PriceTable
    usage: Usage

    def month(self, usd_per_hour: float) -> float:
        """A running hour's price, for a month."""
        return usd_per_hour * self.table.hours_per_month

    def count(self, kind: str) -> int:
        """How many resources of a type there are; 1 at least, to divide by."""
        return max(1, sum(item.type == kind for item in self.resources))


Pricer = Callable[[Resource, _Bill], Iterable[Line]]


def estimate(resources: Sequence[Resource], region: str, usage: Usage | None = None) -> Estimate:
    """A month of these resources.

    Args:
        resources: as the program registers them.
        region: whose prices are taken; copies in a second region are priced alike.
        usage: what is assumed; the defaults of :class:`Usage` otherwise.

    Raises:
        PriceError: the table lacks the region or a size.
    """
    found = table()
    bill = _Bill(resources, found.region(region), found, usage or Usage())
    lines = [line for item in resources for line in _PRICERS.get(item.type, _nothing)(item, bill)]
    unpriced = {item.type for item in resources if item.type.startswith("aws:")} - set(_PRICERS) - FREE
    return Estimate(lines, sorted(unpriced), found.as_of, bill.usage)


def _nothing(_item: Resource, _bill: _Bill) -> Iterable[Line]:
    return ()


def _flat(component: Component, item: Resource, what: str, usd: float) -> list[Line]:
    return [Line(component, item.name, what, usd, usd)]


# --- cluster and nodes ----------------------------------------------------------------------------------


def _cluster(item: Resource, bill: _Bill) -> list[Line]:
    return _flat(Component.CLUSTER, item, "control plane", bill.month(bill.prices.cluster_hour))


def _component(item: Resource, bill: _Bill) -> list[Line]:
    """The component stands for the cluster where nothing has made its children: without an engine."""
    made = any(found.type == "aws:eks/cluster:Cluster" for found in bill.resources)
    return [] if made else _cluster(item, bill)


def _node_group(item: Resource, bill: _Bill) -> list[Line]:
    size = str(many(item.props.get("instanceTypes"))[0])
    low, high = (number(at(item.props, f"scalingConfig.{key}")) for key in ("desiredSize", "maxSize"))
    each = bill.month(bill.prices.of("instance", size)) + _disk(bill) * bill.prices.disk_gb
    what = f"{low:.0f} to {high:.0f} x {size}"
    return [Line(Component.CLUSTER, item.name, what, low * each, high * each)]


def _disk(bill: _Bill) -> float:
    for item in bill.resources:
        if item.type == "aws:ec2/launchTemplate:LaunchTemplate":
            for disk in maps(item.props.get("blockDeviceMappings")):
                return number(at(disk, "ebs.volumeSize")) or STANDARD_DISK_GIB
    return STANDARD_DISK_GIB


def _pool(item: Resource, bill: _Bill) -> list[Line]:
    """Empty at best; at worst its limit, filled with the cheapest machine that it may buy."""
    wanted = {
        str(rule.get("key")): [str(value) for value in many(rule.get("values"))]
        for rule in maps(at(item.props, "spec.template.spec.requirements"))
    }
    families = wanted.get("karpenter.k8s.aws/instance-family", [])
    sizes = wanted.get("karpenter.k8s.aws/instance-size", [])
    kinds = [f"{family}.{size}" for family in families for size in sizes]
    hours = {name: bill.prices.of("instance", name) for name in kinds}
    if not hours:
        return []
    name = min(hours, key=hours.__getitem__)
    usd, number_of = hours[name], _machines(item, name)
    share = bill.table.spot_share if "spot" in wanted.get("karpenter.sh/capacity-type", []) else 1.0
    gpu = "nvidia.com/gpu" in (at(item.props, "spec.limits") or {})
    what = f"0 to {number_of:.0f} x {name}{' at spot prices' if share < 1 else ''}"
    component = Component.SERVING if gpu else Component.CLUSTER
    return [Line(component, item.name, what, 0.0, number_of * bill.month(usd) * share)]


_CPUS = {
    "medium": 2,
    "large": 2,
    "xlarge": 4,
    "2xlarge": 8,
    "4xlarge": 16,
    "8xlarge": 32,
    "12xlarge": 48,
    "16xlarge": 64,
}
"""Virtual CPUs of a size; the same for the families m, t and g."""


def _machines(item: Resource, name: str) -> float:
    limits: Mapping[str, object] = at(item.props, "spec.limits") or {}
    by_cpu = float(str(limits.get("cpu") or 0)) / _CPUS.get(name.partition(".")[2], 96)
    gpus = limits.get("nvidia.com/gpu")
    return min(by_cpu, float(str(gpus))) if gpus is not None else by_cpu


# --- network ----------------------------------------------------------------------------------------------


def _nat(item: Resource, bill: _Bill) -> list[Line]:
    moved = bill.usage.nat_gb / bill.count(item.type)
    usd = bill.month(bill.prices.nat_hour) + moved * bill.prices.nat_gb
    return _flat(Component.NETWORK, item, f"NAT gateway, {moved:.0f} GB through it", usd)


def _address(item: Resource, bill: _Bill) -> list[Line]:
    return _flat(Component.NETWORK, item, "public address", bill.month(bill.prices.public_address_hour))


def _endpoint(item: Resource, bill: _Bill) -> list[Line]:
    if item.props.get("vpcEndpointType") != "Interface":
        return []
    zones = len(many(item.props.get("subnetIds"))) or 1
    usd = zones * bill.month(bill.prices.endpoint_hour)
    return _flat(Component.NETWORK, item, f"interface endpoint in {zones} zones", usd)


def _vpn(item: Resource, bill: _Bill) -> list[Line]:
    return _flat(Component.NETWORK, item, "VPN connection", bill.month(bill.prices.vpn_hour))


def _service(item: Resource, bill: _Bill) -> list[Line]:
    if at(item.props, "spec.type") != "LoadBalancer":
        return []
    units = bill.usage.balancer_units
    usd = bill.month(bill.prices.balancer_hour + units * bill.prices.balancer_unit_hour)
    return _flat(Component.BALANCER, item, f"network load balancer, {units:g} capacity units", usd)


def _gateway(item: Resource, bill: _Bill) -> list[Line]:
    units = bill.usage.balancer_units
    usd = bill.month(bill.prices.balancer_hour + units * bill.prices.balancer_unit_hour)
    return _flat(Component.BALANCER, item, f"its network load balancer, {units:g} capacity units", usd)


# --- data -------------------------------------------------------------------------------------------------


def _database(item: Resource, bill: _Bill) -> list[Line]:
    size, copies = str(item.props.get("instanceClass")), 2 if true(item.props.get("multiAz")) else 1
    least, most = number(item.props.get("allocatedStorage")), number(item.props.get("maxAllocatedStorage"))
    hour = copies * bill.month(bill.prices.of("database", size))
    gb = copies * bill.prices.database_disk_gb
    what = f"{copies} x {size}, {least:.0f} to {max(least, most):.0f} GB each"
    owner = Component.PIPELINES if item.props.get("engine") == "mysql" else Component.MLFLOW
    return [Line(owner, item.name, what, hour + least * gb, hour + max(least, most) * gb)]


def _cache(item: Resource, bill: _Bill) -> list[Line]:
    shards = number(item.props.get("numNodeGroups")) or 1
    nodes = shards * (1 + number(item.props.get("replicasPerNodeGroup")))
    size = str(item.props.get("nodeType"))
    usd = nodes * bill.month(bill.prices.of("cache", size))
    return _flat(Component.REDIS, item, f"{nodes:.0f} x {size}", usd)


def _bucket(item: Resource, bill: _Bill) -> list[Line]:
    """The assumed gigabytes, spread over the stores; a copy in another region is a store of its own."""
    stored = bill.usage.stored_gb / max(1, sum(not _is_copy(found) for found in _buckets(bill)))
    return _flat(Component.STORAGE, item, f"{stored:.0f} GB", stored * bill.prices.object_gb)


def _buckets(bill: _Bill) -> list[Resource]:
    return [item for item in bill.resources if item.type == "aws:s3/bucket:Bucket"]


def _is_copy(item: Resource) -> bool:
    return "replica" in item.name


def _repository(item: Resource, bill: _Bill) -> list[Line]:
    stored = bill.usage.images_gb / bill.count(item.type)
    return _flat(Component.STORAGE, item, f"{stored:.0f} GB of images", stored * bill.prices.image_gb)


def _vault(item: Resource, bill: _Bill) -> list[Line]:
    usd = bill.usage.stored_gb * bill.prices.backup_gb
    return _flat(Component.BACKUP, item, f"copies of {bill.usage.stored_gb:.0f} GB", usd)


def _trail(item: Resource, bill: _Bill) -> list[Line]:
    usd = bill.usage.data_events / 100_000 * bill.prices.data_event_100k
    return _flat(Component.BACKUP, item, f"{bill.usage.data_events:,.0f} data events", usd)


def _sync(item: Resource, bill: _Bill) -> list[Line]:
    usd = bill.usage.synced_gb * bill.prices.sync_gb
    return _flat(Component.STORAGE, item, f"{bill.usage.synced_gb:.0f} GB copied", usd)


# --- watching and keys ------------------------------------------------------------------------------------


def _logs(item: Resource, bill: _Bill) -> list[Line]:
    taken = bill.usage.logs_gb / bill.count(item.type)
    months = max(1.0, number(item.props.get("retentionInDays")) / 30)
    usd = taken * bill.prices.log_gb + taken * months * bill.prices.log_kept_gb
    return _flat(Component.MONITORING, item, f"{taken:.0f} GB of logs a month, kept {months:.0f} months", usd)


def _key(item: Resource, bill: _Bill) -> list[Line]:
    return _flat(Component.SECURITY, item, "KMS key", bill.prices.key)


def _secret(item: Resource, bill: _Bill) -> list[Line]:
    return _flat(Component.SECURITY, item, "secret", bill.prices.secret)


def _claims(item: Resource, bill: _Bill) -> list[Line]:
    """Volumes of a StatefulSet."""
    replicas = number(at(item.props, "spec.replicas")) or 1
    asked = [
        str(at(claim, "spec.resources.requests.storage") or "")
        for claim in maps(at(item.props, "spec.volumeClaimTemplates"))
    ]
    gib = replicas * sum(float(size.removesuffix("Gi")) for size in asked if size.endswith("Gi"))
    return (
        _flat(Component.CLUSTER, item, f"{gib:.0f} GB of volumes", gib * bill.prices.disk_gb) if gib else []
    )


_VOLUMES = ("prometheus.prometheusSpec.storageSpec", "alertmanager.alertmanagerSpec.storage")
"""Where the values of kube-prometheus-stack ask for volumes; beside each stand its replicas."""
_STORES = {
    "AWS/ElastiCache": "aws:elasticache/replicationGroup:ReplicationGroup",
    "AWS/RDS": "aws:rds/instance:Instance",
}


def _release(item: Resource, bill: _Bill) -> list[Line]:
    """What a chart brings and AWS is paid for: volumes of Prometheus, and questions to CloudWatch."""
    return [*_measurements(item, bill), *_questions(item, bill)]


def _measurements(item: Resource, bill: _Bill) -> list[Line]:
    gib = 0.0
    for path in _VOLUMES:
        spec = at(item.props, f"values.{path.rpartition('.')[0]}")
        size = str(
            at(item.props, f"values.{path}.volumeClaimTemplate.spec.resources.requests.storage") or "0Gi"
        )
        gib += number(at(spec, "replicas")) * float(size.removesuffix("Gi")) if spec else 0.0
    what = f"{gib:.0f} GB of volumes for measurements"
    return _flat(Component.MONITORING, item, what, gib * bill.prices.disk_gb) if gib else []


def _questions(item: Resource, bill: _Bill) -> list[Line]:
    """Each figure of each store is paid for whenever it is asked."""
    if not str(item.props.get("chart")).partition("@")[0].endswith("cloudwatch-exporter"):
        return []
    jobs = maps(at(yaml.safe_load(str(at(item.props, "values.config"))), "discovery.jobs"))
    asked = sum(len(maps(job.get("metrics"))) * _stores(str(job.get("type")), bill) for job in jobs)
    times = 3600 * bill.table.hours_per_month / number(at(item.props, "values.extraArgs.scraping-interval"))
    usd = asked * times / 1000 * bill.prices.figure_1000
    return _flat(
        Component.MONITORING, item, f"{asked:.0f} figures asked of CloudWatch {times:,.0f} times", usd
    )


def _stores(service: str, bill: _Bill) -> float:
    """How many stores of a service CloudWatch has figures of: nodes of a cache, copies of a database."""
    found = [item.props for item in bill.resources if item.type == _STORES.get(service)]
    return sum(
        (number(p.get("numNodeGroups")) or 1) * (1 + number(p.get("replicasPerNodeGroup"))) for p in found
    )


_PRICERS: Mapping[str, Pricer] = {
    "aws:eks/cluster:Cluster": _cluster,
    "aws:eks/nodeGroup:NodeGroup": _node_group,
    "kubernetes:karpenter.sh/v1:NodePool": _pool,
    "kubernetes:apps/v1:StatefulSet": _claims,
    "kubernetes:core/v1:Service": _service,
    "kubernetes:helm.sh/v3:Release": _release,
    "kubernetes:gateway.networking.k8s.io/v1:Gateway": _gateway,
    "aws:ec2/natGateway:NatGateway": _nat,
    "aws:ec2/eip:Eip": _address,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ec2/vpnConnection:VpnConnection": _vpn,
    "aws:rds/instance:Instance": _database,
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:ecr/repository:Repository": _repository,
    "aws:backup/vault:Vault": _vault,
    "aws:cloudtrail/trail:Trail": _trail,
    "aws:datasync/task:Task": _sync,
    "aws:cloudwatch/logGroup:LogGroup": _logs,
    "aws:kms/key:Key": _key,
    "aws:secretsmanager/secret:Secret": _secret,
    "eks:index:Cluster": _component,
}

FREE = frozenset(
    # Cost nothing themselves; what flows through some of them is in the line of what it flows from.
    {
        "aws:backup/plan:Plan",
        "aws:backup/selection:Selection",
        "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
        "aws:backup/vaultPolicy:VaultPolicy",
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:datasync/locationNfs:LocationNfs",
        "aws:datasync/locationS3:LocationS3",
        "aws:ec2/customerGateway:CustomerGateway",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ec2/flowLog:FlowLog",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/route:Route",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:ec2/vpnConnectionRoute:VpnConnectionRoute",
        "aws:ec2/vpnGateway:VpnGateway",
        "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
        "aws:eks/accessEntry:AccessEntry",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        "aws:eks/addon:Addon",
        "aws:elasticache/parameterGroup:ParameterGroup",
        "aws:elasticache/subnetGroup:SubnetGroup",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "aws:iam/policy:Policy",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:kms/alias:Alias",
        "aws:rds/parameterGroup:ParameterGroup",
        "aws:rds/subnetGroup:SubnetGroup",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        "aws:secretsmanager/secretRotation:SecretRotation",
        "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:sqs/queue:Queue",
        "aws:sqs/queuePolicy:QueuePolicy",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
)
"""Types that have no price of their own."""


def priced(kind: str) -> bool:
    """Whether a resource of this type has a price of its own."""
    return kind in _PRICERS
