"""Who may reach what, in words (E2): what each kind of guard says of a change. Pure; a table of changes."""

from __future__ import annotations

import pytest

from ferry.preview.reach import ANYBODY, GRANTS, Shift, shifts, unexplained
from ferry.preview.seen import UNKNOWN, Kind, Step
from policy.catalogue import RULES
from tests.ferry.preview.making import allow, policy, step

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
CLUSTER = "aws:eks/cluster:Cluster"
ACCESS = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
READ, WRITE = "s3:GetObject", "s3:PutObject"
HTTPS = {"ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0}


def said(*steps: Step) -> list[tuple[str, bool, bool, str, tuple[str, ...], str]]:
    """Who, whether it is given, whether it is wide, and what."""
    return [_told(shift) for shift in shifts(steps)]


def _told(shift: Shift) -> tuple[str, bool, bool, str, tuple[str, ...], str]:
    return (shift.who, shift.given, shift.wide, "refused" if shift.refused else "", shift.what, shift.where)


def test_wildcard_in_a_role_is_given_and_wide_and_what_it_replaces_is_taken() -> None:
    """E2: the golden change, as a table."""
    change = step(
        Kind.UPDATE,
        ROLE_POLICY,
        "runner",
        {"role": "r", "policy": policy(allow([READ, WRITE], "arn:b/*"))},
        {"role": "r", "policy": policy(allow("s3:*", "arn:b/*"))},
    )
    assert said(change) == [
        ("r", True, True, "", ("s3:*",), "arn:b/*"),
        ("r", False, False, "", (READ, WRITE), "arn:b/*"),
    ]


def test_another_arrangement_of_the_same_document_says_nothing() -> None:
    """E2."""
    apart = policy(allow(READ, "arn:b"), allow(WRITE, ["arn:b"]))
    together = policy(allow([WRITE, READ], "arn:b"))
    change = step(
        Kind.UPDATE, ROLE_POLICY, "x", {"role": "r", "policy": apart}, {"role": "r", "policy": together}
    )
    assert said(change) == []
    assert unexplained([change]) == [change], "but that it was rearranged is said"


def test_refusal_that_goes_is_a_right_that_is_given() -> None:
    """E2: a bucket that no longer refuses plain HTTP."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:b"}
    change = step(Kind.DELETE, BUCKET_POLICY, "store", {"policy": policy(deny)})
    assert said(change) == [(ANYBODY, True, True, "refused", ("s3:*",), "bucket of store")]


CASES = {
    "a port opened to the world": (
        step(Kind.CREATE, INGRESS, "web", None, {"cidrIpv4": "0.0.0.0/0", **HTTPS}),
        (ANYBODY, True, True, "", ("reach tcp 443",), "security group of web"),
    ),
    "the world by halves": (
        step(Kind.CREATE, INGRESS, "web", None, {"cidrIpv4": "128.0.0.0/1", **HTTPS}),
        (ANYBODY, True, True, "", ("reach tcp 443",), "security group of web"),
    ),
    "a group that may no longer reach": (
        step(Kind.DELETE, INGRESS, "db", {"referencedSecurityGroupId": "sg-1", **HTTPS}),
        ("sg-1", False, False, "", ("reach tcp 443",), "security group of db"),
    ),
    "a policy that nobody knows yet": (
        step(Kind.CREATE, ROLE_POLICY, "x", None, {"role": "r", "policy": UNKNOWN}),
        ("r", True, False, "", ("what is only known after apply",), "what is only known after apply"),
    ),
    "the API end point of the cluster": (
        step(
            Kind.UPDATE,
            CLUSTER,
            "eks",
            {"name": "c", "vpcConfig": {"endpointPublicAccess": False}},
            {"name": "c", "vpcConfig": {"endpointPublicAccess": True}},
        ),
        (ANYBODY, True, True, "", ("reach the API end point",), "cluster c"),
    ),
    "an administrator of the cluster": (
        step(Kind.CREATE, ACCESS, "a", None, {"principalArn": "arn:me", "policyArn": "arn:x/Admin"}),
        ("arn:me", True, False, "", ("act with Admin",), "the cluster"),
    ),
    "a role in a namespace": (
        step(
            Kind.CREATE,
            BINDING,
            "b",
            None,
            {
                "metadata": {"namespace": "ml"},
                "roleRef": {"kind": "Role", "name": "edit"},
                "subjects": [{"kind": "Group", "name": "team"}],
            },
        ),
        ("Group team", True, False, "", ("hold Role edit",), "ml"),
    ),
    "a fence that goes": (
        step(
            Kind.DELETE,
            NETWORK_POLICY,
            "deny",
            {"metadata": {"namespace": "ml"}, "spec": {"policyTypes": ["Ingress"]}},
        ),
        ("whoever is not named", True, True, "refused", ("ingress",), "pods of ml that deny selects"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_change_of_a_guard_is_said(name: str) -> None:
    """E2."""
    change, told = CASES[name]
    assert said(change) == [told]


def test_every_guard_whose_opening_the_pack_judges_is_told_of() -> None:
    """E2: a type that a rule about identities or the network judges, and that no words are written for."""
    judged = {
        kind for rule in RULES if rule.id.startswith(("IAM.", "EKS.IRSA", "EC2.")) for kind in rule.types
    }
    quiet = {
        "aws:ec2/subnet:Subnet",  # no rights of its own: its rules are resources
        "aws:ec2/vpc:Vpc",
        "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass",  # how its nodes are made, not who may enter
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    }
    assert judged - quiet <= GRANTS.keys()
