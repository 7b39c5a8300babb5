"""What the AWS Load Balancer Controller may do: network load balancers that carry this cluster's tag.

Follows the policy that the controller's installation guide documents, less what Ferry does not use:
application load balancers and their rules, WAF, Shield, Cognito, server certificates of IAM. Where the guide
asks for the tag's presence, its value has to be this cluster's.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.iam import Conditions, Statement

TAG = "elbv2.k8s.aws/cluster"
"""On everything that the controller makes; its value is the cluster's name."""
_EC2_SEEN = (
    "AccountAttributes",
    "Addresses",
    "AvailabilityZones",
    "Instances",
    "InternetGateways",
    "NetworkInterfaces",
    "RouteTables",
    "SecurityGroups",
    "Subnets",
    "Tags",
    "VpcPeeringConnections",
    "Vpcs",
)
_ELB_SEEN = (
    "ListenerAttributes",
    "ListenerCertificates",
    "Listeners",
    "LoadBalancerAttributes",
    "LoadBalancers",
    "SSLPolicies",
    "Tags",
    "TargetGroupAttributes",
    "TargetGroups",
    "TargetHealth",
)
_ELB_KEPT = (
    "AddTags",
    "RemoveTags",
    "ModifyLoadBalancerAttributes",
    "SetIpAddressType",
    "SetSecurityGroups",
    "SetSubnets",
    "DeleteLoadBalancer",
    "ModifyTargetGroup",
    "ModifyTargetGroupAttributes",
    "DeleteTargetGroup",
    "RegisterTargets",
    "DeregisterTargets",
    "DeleteListener",
    "ModifyListener",
    "ModifyListenerAttributes",
    "AddListenerCertificates",
    "RemoveListenerCertificates",
)
_LATE = "names are given when it is made; the condition binds the statement to this cluster's tag"


@dataclass(frozen=True)
class Balancing:
    """Whose load balancers: everything in the policy is bound to these."""

    cluster: str
    region: str
    account: str
    node_group_id: str
    """Security group of the nodes, which lets the load balancers in."""

    def elb(self, *kinds: str) -> list[str]:
        """ARNs of every such thing of the load balancing service here."""
        return [f"arn:aws:elasticloadbalancing:{self.region}:{self.account}:{kind}/*" for kind in kinds]

    def group(self, name: str) -> str:
        """ARN of a security group here."""
        return f"arn:aws:ec2:{self.region}:{self.account}:security-group/{name}"

    @property
    def asked(self) -> Conditions:
        """The call puts this cluster's tag on what it makes."""
        return {"StringEquals": {f"aws:RequestTag/{TAG}": self.cluster}}

    @property
    def owned(self) -> Conditions:
        """The thing carries this cluster's tag already."""
        return {"StringEquals": {f"aws:ResourceTag/{TAG}": self.cluster}}


def statements(place: Balancing) -> list[Statement]:
    """The whole policy."""
    return [*_look(place), *_groups(place), *_make(place), *_change(place)]


def _look(place: Balancing) -> list[Statement]:
    region = {"StringEquals": {"aws:RequestedRegion": place.region}}
    seen = [f"ec2:Describe{what}" for what in _EC2_SEEN]
    seen += [f"elasticloadbalancing:Describe{what}" for what in _ELB_SEEN]
    return [
        Statement(
            sid="LookAround",
            actions=[*seen, "acm:ListCertificates"],
            resources=["*"],
            conditions=region,
            reason="these calls know no resource; the condition keeps them to the region",
        ),
        Statement(
            sid="LookAtTheNetworksGroupsAndCertificates",
            actions=["ec2:GetSecurityGroupsForVpc", "acm:DescribeCertificate"],
            resources=[
                f"arn:aws:ec2:{place.region}:{place.account}:vpc/*",
                f"arn:aws:acm:{place.region}:{place.account}:certificate/*",
            ],
            reason="which certificate and which network is in the Gateway's annotations, not known here",
        ),
        Statement(
            sid="FirstLoadBalancerOfTheAccount",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[
                f"arn:aws:iam::{place.account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/"
                "AWSServiceRoleForElasticLoadBalancing"
            ],
            conditions={"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
    ]


def _groups(place: Balancing) -> list[Statement]:
    every = place.group("*")
    creating = {"StringEquals": {**place.asked["StringEquals"], "ec2:CreateAction": "CreateSecurityGroup"}}
    return [
        Statement(
            sid="MakeGroups",
            actions=["ec2:CreateSecurityGroup"],
            resources=[every],
            conditions=place.asked,
            reason=_LATE,
        ),
        Statement(
            sid="MakeGroupsInTheNetwork",
            actions=["ec2:CreateSecurityGroup"],
            resources=[f"arn:aws:ec2:{place.region}:{place.account}:vpc/*"],
            reason="a group is made in a network, which has no tag of the load balancer's",
        ),
        Statement(
            sid="TagGroups",
            actions=["ec2:CreateTags"],
            resources=[every],
            conditions=creating,
            reason=_LATE,
        ),
        Statement(
            sid="KeepGroups",
            actions=[
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:RevokeSecurityGroupIngress",
                "ec2:DeleteSecurityGroup",
                "ec2:CreateTags",
                "ec2:DeleteTags",
            ],
            resources=[every],
            conditions=place.owned,
            reason=_LATE,
        ),
        Statement(
            sid="LetThemIntoTheNodes",
            actions=["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
            resources=[place.group(place.node_group_id)],
        ),
    ]


def _make(place: Balancing) -> list[Statement]:
    balancers = place.elb("loadbalancer/net", "targetgroup")
    creating = {
        "StringEquals": {
            **place.asked["StringEquals"],
            "elasticloadbalancing:CreateAction": ["CreateTargetGroup", "CreateLoadBalancer"],
        }
    }
    return [
        Statement(
            sid="MakeBalancers",
            actions=["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
            resources=balancers,
            conditions=place.asked,
            reason=_LATE,
        ),
        Statement(
            sid="TagBalancers",
            actions=["elasticloadbalancing:AddTags"],
            resources=balancers,
            conditions=creating,
            reason=_LATE,
        ),
        Statement(
            sid="MakeListeners",
            actions=["elasticloadbalancing:CreateListener", "elasticloadbalancing:AddTags"],
            resources=place.elb("loadbalancer/net", "listener/net"),
            conditions=place.asked,
            reason=_LATE,
        ),
    ]


def _change(place: Balancing) -> list[Statement]:
    return [
        Statement(
            sid="KeepOwn",
            actions=[f"elasticloadbalancing:{verb}" for verb in _ELB_KEPT],
            resources=place.elb("loadbalancer/net", "targetgroup", "listener/net"),
            conditions=place.owned,
            reason=_LATE,
        ),
    ]
