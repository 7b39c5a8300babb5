"""What AWS and Kubernetes want to exist before what: the rules of a first `up`, each one a small function.

Every rule comes from a documented refusal or hang of the real service. In the rehearsal most of them would go
unpunished (everything here is fast and forgiving), so they are judged on the graph instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ferry.rehearsal.checks.graph import Graph, Resource, manifest, plain, short, strings
from sandbox import kubelet
from sandbox.kubelet import Options
from sandbox.kubelet.objects import dig, full_name, name_of, namespace_of, pod_of

RELEASE = "kubernetes:helm.sh/v3:Release"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
ADDON = "aws:eks/addon:Addon"
CLUSTER = "aws:eks/cluster:Cluster"
ROLE = "aws:iam/role:Role"
ATTACHMENTS = ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/rolePolicy:RolePolicy")
OIDC_PROVIDER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
ACCESS_ENTRY = "aws:eks/accessEntry:AccessEntry"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
INTERNET_GATEWAY = "aws:ec2/internetGateway:InternetGateway"
ROUTE = "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
CRD = "CustomResourceDefinition"

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
OWN_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""Namespaces that every cluster has from its first minute."""

PLAIN_GROUPS = frozenset({"", "apps", "batch", "autoscaling", "policy"})
EXTENSION_GROUPS = frozenset({"gateway.networking.k8s.io", "snapshot.storage.k8s.io", "metrics.k8s.io"})
"""Groups that look like Kubernetes' own and are not in the API server."""

CRD_CHARTS = {
    "karpenter.sh": ("karpenter-crd", "karpenter"),
    "karpenter.k8s.aws": ("karpenter-crd", "karpenter"),
    "gateway.networking.k8s.io": ("gateway-crds-helm", "gateway-helm"),
    "gateway.envoyproxy.io": ("gateway-crds-helm", "gateway-helm"),
    "cert-manager.io": ("cert-manager",),
    "external-secrets.io": ("external-secrets",),
    "generators.external-secrets.io": ("external-secrets",),
    "monitoring.coreos.com": ("kube-prometheus-stack",),
    "argoproj.io": ("argo-cd",),
}
"""API group to the charts that bring its CRDs, the one that brings nothing else first."""

CONTROLLER_CHARTS = {"karpenter.sh": "karpenter", "karpenter.k8s.aws": "karpenter"}
"""API group to the chart whose controller sets status, and removes finalizers on destroy."""

PODS_WAIT = frozenset({"Deployment", "StatefulSet", "Job", "Pod", "ReplicaSet"})
ADDONS_WITH_PODS = frozenset({"coredns", "aws-ebs-csi-driver", "aws-efs-csi-driver"})
"""Add-ons with a Deployment: without a node they stay DEGRADED until the create times out."""

AWS_NAME = re.compile(r"(arn:aws[a-z-]*:|(vpc|subnet|sg|rtb|igw|nat|eipalloc|vpce|lt|acl|fl)-[0-9a-f]{8,}$)")


@dataclass(frozen=True)
class Need:
    """One resource must be complete before another begins. `what` is empty when nobody makes it."""

    who: str
    what: str
    why: str


Rule = Callable[[Graph], Iterator[Need]]


def needs(graph: Graph) -> list[Need]:
    """Every ordering that AWS or Kubernetes asks of these resources, each once."""
    found = {(need.who, need.what): need for rule in RULES for need in rule(graph) if need.who != need.what}
    return list(found.values())


def _each(who: Resource, what: Iterable[Resource], why: str) -> Iterator[Need]:
    for item in what:
        yield Need(str(who["urn"]), str(item["urn"]), why)


def namespaces_first(graph: Graph) -> Iterator[Need]:
    """A namespaced object, or a chart's release, is refused while its namespace is missing."""
    made = {
        name_of(manifest(item)): item for item in graph.kubernetes if manifest(item)["kind"] == "Namespace"
    }
    for item in [*graph.kubernetes, *graph.all(RELEASE)]:
        inputs = plain(item.get("inputs") or {})
        namespace = namespace_of(inputs) or (inputs.get("namespace", "") if item["type"] == RELEASE else "")
        if namespace and namespace not in OWN_NAMESPACES and not inputs.get("createNamespace"):
            maker = made.get(namespace)
            why = f"its namespace {namespace}"
            yield Need(str(item["urn"]), str(maker["urn"]) if maker else "", why)


def definitions_first(graph: Graph) -> Iterator[Need]:
    """A custom resource is refused while its CRD is missing ("no matches for kind")."""
    for item in graph.kubernetes:
        group = _group(manifest(item))
        if _is_custom(group):
            installer = _installer(graph, group, str(manifest(item)["kind"]))
            why = f"the CRDs of {group}"
            yield Need(str(item["urn"]), str(installer["urn"]) if installer else "", why)


def _is_custom(group: str) -> bool:
    own = group in PLAIN_GROUPS or (group.endswith(".k8s.io") and group not in EXTENSION_GROUPS)
    return not own


def _installer(graph: Graph, group: str, kind: str) -> Resource | None:
    """Who brings the definition of a kind: a resource of the stack, or a chart (Argo's group has both)."""
    wanted = (CRD, group, kind)
    for item in graph.kubernetes:
        spec = dig(manifest(item), ("spec",)) or {}
        if (manifest(item)["kind"], spec.get("group"), dig(spec, ("names", "kind"))) == wanted:
            return item
    charts = {chart(item): item for item in graph.all(RELEASE)}
    return next((charts[name] for name in CRD_CHARTS.get(group, ()) if name in charts), None)


def chart(release: Resource) -> str:
    """A release's chart without registry, tag and digest, or without folder and version if it is a file."""
    name = str(plain(release.get("inputs") or {}).get("chart", ""))
    return re.split(r"[:@]|-v?\d+\.\d+\.\d+[^/]*\.tgz$", name.rpartition("/")[2])[0]


def controllers_first(graph: Graph) -> Iterator[Need]:
    """Without its controller a custom resource never gets a status, and on destroy keeps its finalizer for
    ever.
    """
    charts = {chart(item): item for item in graph.all(RELEASE)}
    for item in graph.kubernetes:
        wanted = charts.get(CONTROLLER_CHARTS.get(_group(manifest(item)), ""))
        if wanted:
            yield from _each(item, [wanted], "the controller that serves it")


def nodes_first(graph: Graph) -> Iterator[Need]:
    """Pods pend without a node, and whoever waits for them times out."""
    groups = graph.all(NODE_GROUP)
    users = [item for item in graph.kubernetes if manifest(item)["kind"] in PODS_WAIT] + graph.all(RELEASE)
    addons = [item for item in graph.all(ADDON) if plain(item["inputs"]).get("addonName") in ADDONS_WITH_PODS]
    for item in users + addons:
        yield from _each(item, groups, "nodes for its pods")


def references_first(graph: Graph) -> Iterator[Need]:
    """What a pod or a NodePool names must be there before it."""
    objects = {str(item["urn"]): manifest(item) for item in graph.kubernetes}
    made = {_title(item): urn for urn, item in objects.items()}
    index = kubelet.Index(objects.values())
    for urn, item in objects.items():
        if pod_of(item) is None and item["kind"] != "NodePool":
            continue
        for reference in kubelet.references_of(item, index, Options(pinned=False)):
            target = made.get(reference.target.partition(" key ")[0])
            if target:
                yield Need(urn, target, f"its {reference.target}")


def _title(item: dict[str, Any]) -> str:
    return full_name(str(item["kind"]), namespace_of(item), name_of(item))


def _group(item: dict[str, Any]) -> str:
    return str(item.get("apiVersion", "")).rpartition("/")[0]


def roles_work_first(graph: Graph) -> Iterator[Need]:
    """A pod that starts before its role has its policies, or AWS knows the issuer, starts with
    AccessDenied.
    """
    accounts = {
        (namespace_of(item), name_of(item)): dig(item, ("metadata", "annotations", ROLE_ANNOTATION))
        for item in map(manifest, graph.kubernetes)
        if item["kind"] == "ServiceAccount"
    }
    for item in [*graph.kubernetes, *graph.all(RELEASE, ADDON)]:
        inputs = plain(item.get("inputs") or {})
        pod = pod_of(inputs) if manifest(item) else None
        if pod is not None:
            used = {accounts.get((pod.namespace, pod.spec.get("serviceAccountName", "")))}
        elif manifest(item):
            continue
        else:
            used = set(strings(inputs))
        for role in graph.all(ROLE):
            if _arn(role) in used:
                yield from _each(
                    item, [role, *_attached(graph, role), *_issuers(graph, role)], "a role that works"
                )


def _arn(item: Resource) -> str:
    return str(plain(item.get("outputs") or {}).get("arn") or f"no ARN of {item['urn']}")


def _attached(graph: Graph, role: Resource) -> list[Resource]:
    name = plain(role.get("outputs") or {}).get("name")
    return [item for item in graph.all(*ATTACHMENTS) if plain(item["inputs"]).get("role") == name]


def _issuers(graph: Graph, role: Resource) -> list[Resource]:
    trust = str(plain(role.get("inputs") or {}).get("assumeRolePolicy", ""))
    return [item for item in graph.all(OIDC_PROVIDER) if _arn(item) in trust]


def services_roles_first(graph: Graph) -> Iterator[Need]:
    """EKS checks the rights of a cluster's and of a node group's role when it makes them."""
    for item in graph.all(CLUSTER, NODE_GROUP):
        inputs = plain(item["inputs"])
        for role in graph.all(ROLE):
            if _arn(role) in (inputs.get("roleArn"), inputs.get("nodeRoleArn")):
                yield from _each(item, [role, *_attached(graph, role)], "a role with its policies")


def ways_out_first(graph: Graph) -> Iterator[Need]:
    """A node joins through NAT: without its routes a node group fails after half an hour. NAT needs its
    gateway.
    """
    for group in graph.all(NODE_GROUP):
        subnets = set(plain(group["inputs"]).get("subnetIds") or [])
        joined = [item for item in graph.all(ASSOCIATION) if plain(item["inputs"]).get("subnetId") in subnets]
        tables = {plain(item["inputs"]).get("routeTableId") for item in joined}
        routes = [item for item in graph.all(ROUTE) if plain(item["inputs"]).get("routeTableId") in tables]
        yield from _each(group, [*joined, *routes], "a way out for its nodes")
    for gateway in graph.all(NAT_GATEWAY):
        yield from _each(gateway, graph.all(INTERNET_GATEWAY), "the internet gateway behind it")


def access_first(graph: Graph) -> Iterator[Need]:
    """Nodes that Karpenter starts are turned away until their role has an access entry."""
    entries = {plain(item["inputs"]).get("principalArn"): item for item in graph.all(ACCESS_ENTRY)}
    classes = {
        name_of(manifest(item)): manifest(item)
        for item in graph.kubernetes
        if manifest(item)["kind"] == "EC2NodeClass"
    }
    for item in graph.kubernetes:
        path = ("spec", "template", "spec", "nodeClassRef", "name")
        node_class = (
            classes.get(dig(manifest(item), path) or "") if manifest(item)["kind"] == "NodePool" else None
        )
        role = dig(node_class, ("spec", "role"))
        for arn, entry in entries.items():
            if role and str(arn).endswith(f"/{role}"):
                yield from _each(item, [entry], "the access entry of its nodes' role")


def versioning_first(graph: Graph) -> Iterator[Need]:
    """S3 refuses replication until both buckets are versioned."""
    for item in graph.all(REPLICATION):
        named = set(strings(plain(item["inputs"])))
        for versioning in graph.all(VERSIONING):
            bucket = str(plain(versioning["inputs"]).get("bucket"))
            if named & {bucket, f"arn:aws:s3:::{bucket}"}:
                yield from _each(item, [versioning], "versioning of both buckets")


def named_things_first(graph: Graph) -> Iterator[Need]:
    """Whoever gives AWS the ARN or the id of another resource must wait for it, also when it was written by
    hand.
    """
    makers: dict[str, Resource] = {}
    for item in graph.resources.values():
        if item.get("custom") and str(item["type"]).startswith("aws:"):
            outputs = plain(item.get("outputs") or {})
            for value in (outputs.get("arn"), item.get("id")):
                if isinstance(value, str) and AWS_NAME.match(value):
                    makers.setdefault(value, item)
    for item in graph.resources.values():
        for value in set(strings(plain(item.get("inputs") or {}))) & makers.keys():
            yield from _each(item, [makers[value]], f"{value}, which {short(makers[value])} makes")


RULES: tuple[Rule, ...] = (
    named_things_first,
    namespaces_first,
    definitions_first,
    controllers_first,
    nodes_first,
    references_first,
    roles_work_first,
    services_roles_first,
    ways_out_first,
    access_first,
    versioning_first,
)
"""All rules. A later rule's reason wins when two ask for the same order."""
