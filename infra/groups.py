"""Security groups of data stores: one other group may enter, at one port, and nothing goes out."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.scope import Component


def clients_only(
    parent: Component, port: int, *, name: str, vpc_id: pulumi.Input[str], clients: pulumi.Input[str]
) -> aws.ec2.SecurityGroup:
    """A security group and its one rule, as children of ``parent``.

    Args:
        parent: the data store.
        port: at which it listens.
        name: of the group.
        vpc_id: where it is.
        clients: the group that may enter.
    """
    group = aws.ec2.SecurityGroup(
        parent.part("group"),
        name=name,
        description=f"{name}: for nodes of the cluster only",
        vpc_id=vpc_id,
        tags={"Name": name},
        opts=parent.child(),
    )
    aws.vpc.SecurityGroupIngressRule(
        parent.part("from-nodes"),
        security_group_id=group.id,
        referenced_security_group_id=clients,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        description="The cluster's nodes",
        tags={"Name": name},
        opts=parent.child(),
    )
    return group
