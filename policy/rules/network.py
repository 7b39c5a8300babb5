"""The network: nothing is open to the internet by accident, and what happens in it is written down."""

from __future__ import annotations

from collections.abc import Sequence

from policy.model import Catalogue, Resource, Rule, Severity
from policy.reading import at, many, maps, open_to_the_world
from policy.rules.making import must_be_off

GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
SUBNET = "aws:ec2/subnet:Subnet"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


def _open_ingress(resource: Resource) -> list[str]:
    props = resource.props
    if resource.type == INGRESS:
        ranges = [props.get("cidrIpv4"), props.get("cidrIpv6")]
    elif resource.type == OLD_RULE:
        ranges = many(props.get("cidrBlocks")) + many(props.get("ipv6CidrBlocks"))
        ranges = ranges if props.get("type") == "ingress" else []
    else:
        rules = maps(props.get("ingress"))
        ranges = [
            cidr for rule in rules for key in ("cidrBlocks", "ipv6CidrBlocks") for cidr in many(rule.get(key))
        ]
    return [f"it lets in {cidr}" for cidr in ranges if open_to_the_world(cidr)]


def _default_group_lets_in(resource: Resource) -> list[str]:
    found = [key for key in ("ingress", "egress") if many(resource.props.get(key))]
    return [f"the default security group has rules ({', '.join(found)})"] if found else []


def _old_metadata(resource: Resource) -> list[str]:
    tokens = at(resource.props, "metadataOptions.httpTokens")
    return [] if tokens == "required" else [f"IMDSv1 answers (httpTokens is {tokens or 'optional'})"]


def _plain_disks(resource: Resource) -> list[str]:
    disks = maps(resource.props.get("blockDeviceMappings"))
    plain = [
        str(disk.get("deviceName")) for disk in disks if str(at(disk, "ebs.encrypted")).lower() != "true"
    ]
    return [f"a disk is not encrypted: {', '.join(plain)}"] if plain else []


_F = Catalogue.FSBP

# fmt: off
RULES: Sequence[Rule] = (
    Rule(
        "EC2.18", _F, Severity.CRITICAL, [GROUP, INGRESS, OLD_RULE],
        "Everybody on the internet may try the port",
        "Name the ranges or the security group that may connect; the way in is the gateway's load balancer",
        _open_ingress,
    ),
    Rule(
        "EC2.2", _F, Severity.HIGH, [DEFAULT_GROUP],
        "What forgets its security group is connected to everything else that does",
        "Leave ingress and egress of the default group empty",
        _default_group_lets_in,
    ),
    Rule(
        "EC2.15", _F, Severity.HIGH, [SUBNET],
        "Every machine in the subnet gets a public address",
        "Leave map_public_ip_on_launch out; only load balancers and NAT gateways need one",
        must_be_off("mapPublicIpOnLaunch", "a public address for every machine"),
    ),
    Rule(
        "EC2.8", _F, Severity.HIGH, [TEMPLATE],
        "A request forged through a pod reads the node's credentials",
        'Write http_tokens="required"',
        _old_metadata,
    ),
    Rule(
        "EC2.3", _F, Severity.HIGH, [TEMPLATE],
        "Whoever gets at the disk or a snapshot reads it",
        'Write encrypted="true" for every disk',
        _plain_disks,
    ),
)
# fmt: on
