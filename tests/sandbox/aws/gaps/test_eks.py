"""EKS in the emulation (A2): what a cluster tells, and each refusal beside the twin that is permitted.

Boto3 over a socket; cannot prove EKS's own timing, because everything here is active at once.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import ISSUER, Clients
from tests.sandbox.aws.making import cluster, network, role


def _refused(action: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        action(**arguments)
    return str(error.value.response["Error"]["Code"])


def test_cluster_answers_with_the_world_s_addresses_and_keys(aws: Clients) -> None:
    made = cluster(aws)
    told = aws("eks").describe_cluster(name="ferry-test")["cluster"]
    assert told["endpoint"] == "https://127.0.0.1:1"
    assert told["identity"]["oidc"]["issuer"] == ISSUER
    assert told["certificateAuthority"]["data"]
    assert told["accessConfig"]["authenticationMode"] == "API"
    assert told["status"] == "ACTIVE"
    group = told["resourcesVpcConfig"]["clusterSecurityGroupId"]
    tags = aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["Tags"]
    assert {"Key": "kubernetes.io/cluster/ferry-test", "Value": "owned"} in tags
    assert made["resourcesVpcConfig"]["vpcId"] == told["resourcesVpcConfig"]["vpcId"]


def test_cluster_refuses_a_role_that_does_not_trust_eks(aws: Clients) -> None:
    _, subnets = network(aws)
    eks, wrong = aws("eks"), role(aws, "wrong", "ec2.amazonaws.com")
    arguments = {"name": "c", "resourcesVpcConfig": {"subnetIds": subnets}}
    assert _refused(eks.create_cluster, roleArn=wrong, **arguments) == "InvalidParameterException"
    assert eks.create_cluster(roleArn=role(aws, "right", "eks.amazonaws.com"), **arguments)


def test_cluster_refuses_subnets_in_one_zone(aws: Clients) -> None:
    _, subnets = network(aws)
    eks, arn = aws("eks"), role(aws, "right", "eks.amazonaws.com")
    one = {"name": "c", "roleArn": arn, "resourcesVpcConfig": {"subnetIds": subnets[:1]}}
    assert _refused(eks.create_cluster, **one) == "InvalidParameterException"
    assert eks.create_cluster(**{**one, "resourcesVpcConfig": {"subnetIds": subnets}})


def test_node_groups_of_no_cluster_are_refused_and_of_an_empty_one_none(aws: Clients) -> None:
    assert _refused(aws("eks").list_nodegroups, clusterName="ferry-test") == "ResourceNotFoundException"
    cluster(aws)
    assert aws("eks").list_nodegroups(clusterName="ferry-test")["nodegroups"] == []


def test_protected_cluster_stays_until_protection_is_lifted(aws: Clients) -> None:
    cluster(aws, deletionProtection=True)
    eks = aws("eks")
    assert _refused(eks.delete_cluster, name="ferry-test") == "InvalidRequestException"
    eks.update_cluster_config(name="ferry-test", deletionProtection=False)
    eks.delete_cluster(name="ferry-test")
    assert eks.list_clusters()["clusters"] == []


def test_cluster_with_a_node_group_cannot_go(aws: Clients) -> None:
    subnets = cluster(aws)["resourcesVpcConfig"]["subnetIds"]
    eks = aws("eks")
    eks.create_nodegroup(
        clusterName="ferry-test", nodegroupName="system", subnets=subnets, nodeRole=role(aws, "node")
    )
    group = eks.describe_nodegroup(clusterName="ferry-test", nodegroupName="system")["nodegroup"]
    assert (group["status"], group["version"]) == ("ACTIVE", "1.35")
    assert _refused(eks.delete_cluster, name="ferry-test") == "ResourceInUseException"
    eks.delete_nodegroup(clusterName="ferry-test", nodegroupName="system")
    before = len(aws("ec2").describe_security_groups()["SecurityGroups"])
    eks.delete_cluster(name="ferry-test")
    assert len(aws("ec2").describe_security_groups()["SecurityGroups"]) == before - 1


def test_access_entry_needs_the_api_mode_and_a_principal_that_exists(aws: Clients) -> None:
    cluster(aws, accessConfig={"authenticationMode": "CONFIG_MAP"})
    eks, person = aws("eks"), role(aws, "person")
    entry = {"clusterName": "ferry-test", "principalArn": person}
    assert _refused(eks.create_access_entry, **entry) == "InvalidRequestException"
    eks.update_cluster_config(name="ferry-test", accessConfig={"authenticationMode": "API"})
    assert _refused(eks.create_access_entry, **{**entry, "principalArn": f"{person}x"}) == (
        "InvalidParameterException"
    )
    assert eks.create_access_entry(**entry)["accessEntry"]["type"] == "STANDARD"
    assert _refused(eks.create_access_entry, **entry) == "ResourceInUseException"


def test_authentication_mode_never_narrows(aws: Clients) -> None:
    cluster(aws)
    mode = {"authenticationMode": "CONFIG_MAP"}
    assert _refused(aws("eks").update_cluster_config, name="ferry-test", accessConfig=mode) == (
        "InvalidRequestException"
    )


def test_access_policy_comes_and_goes_with_its_entry(aws: Clients) -> None:
    cluster(aws)
    eks, entry = aws("eks"), {"clusterName": "ferry-test", "principalArn": role(aws, "person")}
    eks.create_access_entry(**entry)
    view = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    scope = {"type": "namespace", "namespaces": ["kubeflow"]}
    unknown = f"{view}x"
    assert _refused(eks.associate_access_policy, policyArn=unknown, accessScope=scope, **entry) == (
        "ResourceNotFoundException"
    )
    eks.associate_access_policy(policyArn=view, accessScope=scope, **entry)
    found = eks.list_associated_access_policies(**entry)["associatedAccessPolicies"]
    assert [(one["policyArn"], one["accessScope"]) for one in found] == [(view, scope)]
    eks.disassociate_access_policy(policyArn=view, **entry)
    assert eks.list_associated_access_policies(**entry)["associatedAccessPolicies"] == []
    eks.delete_access_entry(**entry)
    assert _refused(eks.describe_access_entry, **entry) == "ResourceNotFoundException"


def test_addon_is_known_tagged_updated_and_deleted(aws: Clients) -> None:
    cluster(aws)
    eks, addon = aws("eks"), {"clusterName": "ferry-test", "addonName": "vpc-cni"}
    assert _refused(eks.create_addon, clusterName="ferry-test", addonName="nope") == (
        "InvalidParameterException"
    )
    arn = eks.create_addon(**addon, addonVersion="v1.22.4-eksbuild.3")["addon"]["addonArn"]
    eks.tag_resource(resourceArn=arn, tags={"a": "b"})
    eks.update_addon(**addon, configurationValues="{}")
    told = eks.describe_addon(**addon)["addon"]
    assert (told["addonVersion"], told["configurationValues"], told["tags"]) == (
        "v1.22.4-eksbuild.3",
        "{}",
        {"a": "b"},
    )
    eks.delete_addon(**addon)
    assert eks.list_addons(clusterName="ferry-test")["addons"] == []


def test_pod_identity_gives_a_service_account_one_role(aws: Clients) -> None:
    cluster(aws)
    eks, arn = aws("eks"), role(aws, "pod", "pods.eks.amazonaws.com")
    one = {"clusterName": "ferry-test", "namespace": "a", "serviceAccount": "b", "roleArn": arn}
    identity = eks.create_pod_identity_association(**one)["association"]["associationId"]
    assert _refused(eks.create_pod_identity_association, **one) == "ResourceInUseException"
    told = eks.describe_pod_identity_association(clusterName="ferry-test", associationId=identity)
    assert told["association"]["roleArn"] == arn
