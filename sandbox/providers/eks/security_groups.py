"""The security groups of a cluster and of its nodes, with the rules between them."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from sandbox.providers.eks.arguments import out, tags


def cluster_group(
    name: str, vpc_id: Any, all_tags: Any, group_tags: Any, opts: pulumi.ResourceOptions
) -> Any:
    """The cluster's own security group, open outwards."""
    group = aws.ec2.SecurityGroup(
        f"{name}-eksClusterSecurityGroup",
        vpc_id=vpc_id,
        revoke_rules_on_delete=True,
        tags=tags(f"{name}-eksClusterSecurityGroup", group_tags, all_tags),
        opts=opts,
    )
    _egress(f"{name}-eksClusterInternetEgressRule", group, opts)
    return group


def node_group(
    name: str,
    vpc_id: Any,
    cluster: Any,
    cluster_group_id: Any,
    given_tags: list[Any],
    opts: pulumi.ResourceOptions,
) -> tuple[Any, Any]:
    """The nodes' security group, and the rule that lets nodes reach the API server."""
    group = aws.ec2.SecurityGroup(
        f"{name}-nodeSecurityGroup",
        vpc_id=vpc_id,
        revoke_rules_on_delete=True,
        tags=tags(f"{name}-nodeSecurityGroup", cluster.name.apply(_owned), *given_tags),
        opts=opts,
    )
    aws.ec2.SecurityGroupRule(
        f"{name}-eksNodeIngressRule",
        description="Allow nodes to communicate with each other",
        type="ingress", from_port=0, to_port=0, protocol="-1",
        security_group_id=group.id, self=True, opts=opts,
    )  # fmt: skip
    _between(
        f"{name}-eksNodeClusterIngressRule", 1025, 65535, group.id, cluster_group_id, opts,
        "Allow worker Kubelets and pods to receive communication from the cluster control plane",
    )  # fmt: skip
    _between(
        f"{name}-eksExtApiServerClusterIngressRule", 443, 443, group.id, cluster_group_id, opts,
        "Allow pods running extension API servers on port 443 to receive communication from cluster "
        "control plane",
    )  # fmt: skip
    _egress(f"{name}-eksNodeInternetEgressRule", group, opts)
    rule = _between(
        f"{name}-eksClusterIngressRule", 443, 443, cluster_group_id, group.id, opts,
        "Allow pods to communicate with the cluster API Server",
    )  # fmt: skip
    return group, rule


def _owned(cluster_name: str) -> dict[str, str]:
    return {f"kubernetes.io/cluster/{cluster_name}": "owned"}


def _egress(name: str, group: Any, opts: pulumi.ResourceOptions) -> None:
    aws.ec2.SecurityGroupRule(
        name,
        description="Allow internet access.",
        type="egress", from_port=0, to_port=0, protocol="-1",
        cidr_blocks=["0.0.0.0/0"], security_group_id=group.id, opts=opts,
    )  # fmt: skip


def _between(
    name: str, first: int, last: int, to: Any, source: Any, opts: pulumi.ResourceOptions, description: str
) -> Any:
    return aws.ec2.SecurityGroupRule(
        name,
        description=description,
        type="ingress", from_port=first, to_port=last, protocol="tcp",
        security_group_id=out(to), source_security_group_id=out(source), opts=opts,
    )  # fmt: skip
