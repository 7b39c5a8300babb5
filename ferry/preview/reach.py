"""Who may reach what, in words: what a resource's inputs grant, before and after. Pure.

A resource's grants are a set, so that what a change adds and what it takes away is a difference of two sets,
however its documents are arranged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ferry.preview.difference import changes
from ferry.preview.seen import UNKNOWN, Kind, Props, Step
from policy.reading import at, conditions, many, maps, open_to_the_world, statements, true

ANYBODY = "anybody"
LATER = "what is only known after apply"


@dataclass(frozen=True, order=True)
class Grant:
    """Somebody may do something to something; a refusal is the same the other way round.

    Attributes:
        refused: it is a refusal; taking it away gives.
    """

    who: str
    what: str
    where: str
    only: str = ""
    refused: bool = False

    @property
    def wide(self) -> bool:
        """Everybody, everything or everywhere: what nobody should have to look for."""
        return not self.refused and (
            self.who == ANYBODY or self.what.endswith("*") or self.where == "everything"
        )


@dataclass(frozen=True)
class Shift:
    """What a change gives, or takes, from one place to another.

    Attributes:
        given: it gives; else it takes.
        wide: somewhere in it is a wildcard.
    """

    who: str
    what: tuple[str, ...]
    where: str
    only: str
    given: bool
    refused: bool
    wide: bool


Grants = Callable[[str, Props], Iterable[Grant]]


def shifts(steps: Sequence[Step]) -> list[Shift]:
    """Everything that the steps give and take, wildcards first, then what is given."""
    before = {grant for step in steps for grant in _grants(step, step.old)}
    after = {grant for step in steps for grant in _grants(step, step.new)}
    given = _together(after - before, new=True)
    return sorted([*given, *_together(before - after, new=False)], key=_order)


def _order(shift: Shift) -> tuple[Any, ...]:
    return (not (shift.wide and shift.given), not shift.given, shift.who, shift.where, shift.what)


def unexplained(steps: Sequence[Step]) -> list[Step]:
    """Changes of what guards something that alter no grant that we can read: a person has to look."""
    return [
        step
        for step in steps
        if step.type in GRANTS.keys() - EXPLAINED_BY_DIFF
        and step.kind is not Kind.SAME
        and set(_grants(step, step.old)) == set(_grants(step, step.new))
        and any(not change.path.startswith("tags") for change in changes(step))
    ]


def _grants(step: Step, props: Props | None) -> Iterable[Grant]:
    read = GRANTS.get(step.type)
    return read(step.name, props) if read is not None and props is not None else ()


def _together(grants: Iterable[Grant], *, new: bool) -> Iterator[Shift]:
    groups: dict[tuple[str, str, str, bool], list[Grant]] = defaultdict(list)
    for grant in grants:
        groups[grant.who, grant.where, grant.only, grant.refused].append(grant)
    for (who, where, only, refused), found in groups.items():
        yield Shift(
            who=who,
            what=tuple(sorted(grant.what for grant in found)),
            where=where,
            only=only,
            given=new is not refused,
            refused=refused,
            wide=any(grant.wide for grant in found) or (refused and not new),
        )


# --- IAM ---------------------------------------------------------------------------------------------------


def _statements(document: Any, who: str | None, where: str | None) -> Iterator[Grant]:
    """Grants of a policy; ``who`` where it is attached to somebody, ``where`` where it lies on something."""
    if document == UNKNOWN:
        yield Grant(who or LATER, LATER, where or LATER)
    for item in statements(document):
        only = ", ".join(
            f"{key} {operator} {' or '.join(map(_known, values))}"
            for operator, key, values in conditions(item)
        )
        for person in [who] if who else _people(item):
            for action in _named(item, "Action"):
                for resource in [where] if where else _named(item, "Resource"):
                    yield Grant(person, action, resource, only, item.get("Effect") == "Deny")


def _named(item: Mapping[str, Any], key: str) -> list[str]:
    plain = [_known(value) for value in many(item.get(key))]
    others = [_known(value) for value in many(item.get(f"Not{key}"))]
    if others:
        return [f"all but {' and '.join(others)}*"]
    return ["everything" if value == "*" and key == "Resource" else value for value in plain]


def _people(item: Mapping[str, Any]) -> list[str]:
    found = item.get("Principal")
    if isinstance(found, Mapping):
        names = [_known(value) for values in found.values() for value in many(values)]
    else:
        names = [_known(value) for value in many(found)]
    if item.get("NotPrincipal"):
        names.append(ANYBODY)
    return [ANYBODY if name == "*" else name for name in names]


def _known(value: Any) -> str:
    return LATER if value == UNKNOWN or UNKNOWN in str(value) else str(value)


def _role(name: str, props: Props) -> str:
    role = props.get("role")
    return str(role) if role and role != UNKNOWN else f"the role of {name}"


def _role_policy(name: str, props: Props) -> Iterable[Grant]:
    return _statements(props.get("policy"), _role(name, props), None)


def _policy(name: str, props: Props) -> Iterable[Grant]:
    return _statements(props.get("policy"), f"whoever is given policy {props.get('name') or name}", None)


def _attached(name: str, props: Props) -> Iterable[Grant]:
    yield Grant(_role(name, props), "all that its policy says", _known(props.get("policyArn")))


def _trust(name: str, props: Props) -> Iterable[Grant]:
    return _statements(props.get("assumeRolePolicy"), None, f"role {props.get('name') or name}")


def _lying_on(key: str, what: str) -> Grants:
    def read(name: str, props: Props) -> Iterable[Grant]:
        return _statements(props.get(key), None, f"{what} {name}")

    return read


# --- the network -------------------------------------------------------------------------------------------


def _peer(props: Props) -> str:
    for key in ("cidrIpv4", "cidrIpv6"):
        if cidr := props.get(key):
            return ANYBODY if open_to_the_world(cidr) else _known(cidr)
    return _known(props.get("referencedSecurityGroupId") or props.get("prefixListId") or "nobody")


def _ports(props: Props) -> str:
    protocol = str(props.get("ipProtocol"))
    if protocol == "-1":
        return "any port*"
    low, high = props.get("fromPort"), props.get("toPort")
    return f"{protocol} {_number(low)}" if low == high else f"{protocol} {_number(low)} to {_number(high)}"


def _number(value: Any) -> str:
    return f"{value:.0f}" if isinstance(value, int | float) else _known(value)


def _ingress(name: str, props: Props) -> Iterable[Grant]:
    yield Grant(_peer(props), f"reach {_ports(props)}", f"security group of {name}")


def _egress(name: str, props: Props) -> Iterable[Grant]:
    peer = _peer(props)
    yield Grant(f"security group of {name}", f"reach {_ports(props)}", peer)


def _inline(name: str, props: Props) -> Iterable[Grant]:
    """Rules inside of a group, which this project never writes."""
    for way, rules in (("reach", props.get("ingress")), ("be reached from", props.get("egress"))):
        for rule in maps(rules):
            for peer in [*many(rule.get("cidrBlocks")), *many(rule.get("securityGroups"))]:
                who = ANYBODY if open_to_the_world(peer) else _known(peer)
                yield Grant(who, f"{way} {_ports({**rule, 'ipProtocol': rule.get('protocol')})}", name)


def _old_rule(name: str, props: Props) -> Iterable[Grant]:
    way = str(props.get("type") or "ingress")
    peers = [*many(props.get("cidrBlocks")), props.get("sourceSecurityGroupId")]
    for peer in filter(None, peers):
        who = ANYBODY if open_to_the_world(peer) else _known(peer)
        yield Grant(who, f"{way} {_ports({**props, 'ipProtocol': props.get('protocol')})}", name)


def _existing(what: str) -> Grants:
    def read(name: str, props: Props) -> Iterable[Grant]:
        yield Grant(f"whoever holds {name}", what, f"user {props.get('user') or props.get('name') or name}")

    return read


def _public_block(name: str, props: Props) -> Iterable[Grant]:
    for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"):
        yield Grant("the public", f"be let in ({key})", f"bucket of {name}", refused=true(props.get(key)))


def _database(name: str, props: Props) -> Iterable[Grant]:
    if true(props.get("publiclyAccessible")):
        yield Grant(ANYBODY, "reach the database", name)


# --- the cluster -------------------------------------------------------------------------------------------


def _endpoint(name: str, props: Props) -> Iterable[Grant]:
    net = at(props, "vpcConfig") or {}
    if true(net.get("endpointPublicAccess")):
        for cidr in many(net.get("publicAccessCidrs")) or ["0.0.0.0/0"]:
            who = ANYBODY if open_to_the_world(cidr) else _known(cidr)
            yield Grant(who, "reach the API end point", f"cluster {props.get('name') or name}")


def _access(_name: str, props: Props) -> Iterable[Grant]:
    policy = _known(props.get("policyArn")).rpartition("/")[2]
    yield Grant(_known(props.get("principalArn")), f"act with {policy}", "the cluster")


def _rules(name: str, props: Props) -> Iterable[Grant]:
    kind = f"whoever holds {props.get('kind', 'role')} {at(props, 'metadata.name') or name}"
    for rule in maps(props.get("rules")):
        for verb in many(rule.get("verbs")):
            for thing in many(rule.get("resources")) or many(rule.get("nonResourceURLs")):
                yield Grant(kind, str(verb), "everything" if thing == "*" else str(thing))


def _binding(_name: str, props: Props) -> Iterable[Grant]:
    role = f"hold {at(props, 'roleRef.kind')} {at(props, 'roleRef.name')}"
    where = at(props, "metadata.namespace") or "every namespace"
    for subject in maps(props.get("subjects")):
        place = f"{subject['namespace']}/" if subject.get("namespace") else ""
        who = f"{subject.get('kind')} {place}{subject.get('name')}"
        yield Grant(who, role, str(where))


def _policies(name: str, props: Props) -> Iterable[Grant]:
    where = f"pods of {at(props, 'metadata.namespace')} that {name} selects"
    for way in many(at(props, "spec.policyTypes")):
        yield Grant("whoever is not named", str(way).lower(), where, refused=True)
    for rule in maps(at(props, "spec.ingress")):
        for peer in maps(rule.get("from")) or [{}]:
            for port in maps(rule.get("ports")) or [{}]:
                what = f"reach {port.get('protocol', 'any')} {_number(port.get('port', 'port*'))}"
                yield Grant(_selected(peer), what, where)
    for rule in maps(at(props, "spec.egress")):
        for peer in maps(rule.get("to")) or [{}]:
            yield Grant(where, "reach", _selected(peer))


def _selected(peer: Mapping[str, Any]) -> str:
    if cidr := at(peer, "ipBlock.cidr"):
        return ANYBODY if open_to_the_world(cidr) else str(cidr)
    parts = [
        f"{key.removesuffix('Selector')}s with {_labels(peer[key])}"
        for key in ("podSelector", "namespaceSelector")
        if key in peer
    ]
    return " in ".join(parts) or ANYBODY


def _labels(selector: Any) -> str:
    found = [f"{key}={value}" for key, value in (at(selector, "matchLabels") or {}).items()]
    return " and ".join(found) or "any label"


def _service(name: str, props: Props) -> Iterable[Grant]:
    if at(props, "spec.type") in ("LoadBalancer", "NodePort"):
        ranges = many(at(props, "spec.loadBalancerSourceRanges")) or ["0.0.0.0/0"]
        for cidr in ranges:
            yield Grant(ANYBODY if open_to_the_world(cidr) else str(cidr), "reach", f"service {name}")


def _account(name: str, props: Props) -> Iterable[Grant]:
    if role := at(props, "metadata.annotations") and props["metadata"]["annotations"].get(
        "eks.amazonaws.com/role-arn"
    ):
        space = at(props, "metadata.namespace")
        yield Grant(f"service account {space}/{at(props, 'metadata.name') or name}", "ask for", _known(role))


GRANTS: Mapping[str, Grants] = {
    "aws:iam/role:Role": _trust,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:iam/policy:Policy": _policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _attached,
    "aws:s3/bucketPolicy:BucketPolicy": _lying_on("policy", "bucket of"),
    "aws:sqs/queuePolicy:QueuePolicy": _lying_on("policy", "queue of"),
    "aws:kms/key:Key": _lying_on("policy", "key"),
    "aws:secretsmanager/secretPolicy:SecretPolicy": _lying_on("policy", "secret of"),
    "aws:backup/vaultPolicy:VaultPolicy": _lying_on("policy", "vault of"),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _lying_on("policy", "repository of"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _lying_on("policy", "end point"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ingress,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _egress,
    "aws:ec2/securityGroup:SecurityGroup": _inline,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _old_rule,
    "aws:iam/user:User": _existing("exist"),
    "aws:iam/accessKey:AccessKey": _existing("act, with a key that never ends, as"),
    "aws:iam/userLoginProfile:UserLoginProfile": _existing("log in, with a password, as"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _public_block,
    "aws:rds/instance:Instance": _database,
    "aws:eks/cluster:Cluster": _endpoint,
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _access,
    "kubernetes:rbac.authorization.k8s.io/v1:Role": _rules,
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": _rules,
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": _binding,
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": _binding,
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": _policies,
    "kubernetes:core/v1:Service": _service,
    "kubernetes:core/v1:ServiceAccount": _account,
}
"""Types that let somebody reach something, and how each is read."""
EXPLAINED_BY_DIFF = frozenset(
    {
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:rds/instance:Instance",
        "aws:eks/cluster:Cluster",
        "aws:kms/key:Key",
        "aws:iam/role:Role",
        "kubernetes:core/v1:Service",
        "kubernetes:core/v1:ServiceAccount",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    }
)
"""Those that are changed for other reasons as a rule, a tag or a size: unchanged grants need no word."""
