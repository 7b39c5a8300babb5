"""Security groups with their inline rules, and the VPC's default one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sandbox.providers.aws.handler import Change, Made, Scope, given
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.services.ec2 import Ec2Handler, first, tags_of
from sandbox.providers.base import Props, ProviderError

Permission = dict[str, Any]


class SecurityGroup(Ec2Handler):
    """``aws:ec2/securityGroup:SecurityGroup``. AWS's own allow-all egress rule is taken away on creation."""

    title = "Security Group"
    kind = "security-group"
    cfn = "AWS::EC2::SecurityGroup"
    names = {"name": "GroupName", "description": "GroupDescription", "ingress": "", "egress": ""}
    autoname = AutoName()
    defaults = {"description": "Managed by Pulumi", "revokeRulesOnDelete": False}
    replace_on = frozenset({"namePrefix"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        ec2 = aws.client("ec2")
        id_ = ec2.create_security_group(
            GroupName=inputs["name"],
            Description=inputs["description"],
            **given(VpcId=inputs.get("vpcId")),
            **self.tagged(inputs),
        )["GroupId"]
        ec2.revoke_security_group_egress(GroupId=id_, IpPermissions=[ALLOW_ALL])
        change_rules(ec2, id_, Change({}, inputs, frozenset({"ingress", "egress"}), {}))
        rules = {
            key: blocks(id_, [permission(id_, rule) for rule in inputs.get(key) or ()])
            for key in ("ingress", "egress")
        }
        vpc = {"vpcId": inputs["vpcId"]} if inputs.get("vpcId") else {}
        return Made(id_, {"arn": _arn(aws, id_), "ownerId": aws.account, **vpc, **rules})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        return group(aws, id_)

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        change_rules(aws.client("ec2"), id_, change)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        ec2 = aws.client("ec2")
        if state.get("revokeRulesOnDelete"):
            revoke_everything(ec2, id_)
        ec2.delete_security_group(GroupId=id_)


class DefaultSecurityGroup(Ec2Handler):
    """``aws:ec2/defaultSecurityGroup:DefaultSecurityGroup``: adopts the VPC's own and empties it of rules."""

    title = "Default Security Group"
    kind = "security-group"
    replace_on = frozenset({"vpcId"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        ec2 = aws.client("ec2")
        filters = [{"Name": "group-name", "Values": ["default"]}]
        if inputs.get("vpcId"):
            filters.append({"Name": "vpc-id", "Values": [inputs["vpcId"]]})
        found = first(ec2.describe_security_groups(Filters=filters)["SecurityGroups"])
        if found is None:
            raise ProviderError(
                f"the VPC {inputs.get('vpcId')} has no default security group, so there is none to adopt. "
                "Check the VPC's id."
            )
        id_ = found["GroupId"]
        revoke_everything(ec2, id_)
        change_rules(ec2, id_, Change({}, inputs, frozenset({"ingress", "egress"}), {}))
        self.retag(aws, id_, {}, inputs.get("tagsAll") or {}, [])
        return Made(id_, group(aws, id_) or {})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        return group(aws, id_)

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        change_rules(aws.client("ec2"), id_, change)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        """AWS does not let go of it: only the engine forgets it."""


ALLOW_ALL: Permission = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
"""The egress rule every new group is born with."""


def _arn(aws: Scope, id_: str) -> str:
    return aws.arn("ec2", f"security-group/{id_}")


def group(aws: Scope, id_: str) -> Props | None:
    """A group's properties, rules included."""
    found = first(aws.client("ec2").describe_security_groups(GroupIds=[id_])["SecurityGroups"])
    if found is None:
        return None
    return {
        "arn": _arn(aws, id_),
        "name": found["GroupName"],
        "description": found["Description"],
        "ownerId": found["OwnerId"],
        "vpcId": found.get("VpcId", ""),
        "ingress": blocks(id_, found["IpPermissions"]),
        "egress": blocks(id_, found["IpPermissionsEgress"]),
        "tagsAll": tags_of(found),
    }


def change_rules(ec2: Any, id_: str, change: Change) -> None:
    """Revoke inline rules that are gone, authorise new ones."""
    for key in ("ingress", "egress"):
        if key not in change or (change.new.get(key) is None and change.old.get(key) is None):
            continue
        old, new = change.old.get(key) or [], change.new.get(key) or []
        gone = [permission(id_, rule) for rule in old if rule not in new]
        fresh = [permission(id_, rule) for rule in new if rule not in old]
        if gone:
            getattr(ec2, f"revoke_security_group_{key}")(GroupId=id_, IpPermissions=gone)
        if fresh:
            getattr(ec2, f"authorize_security_group_{key}")(GroupId=id_, IpPermissions=fresh)


def revoke_everything(ec2: Any, id_: str) -> None:
    """Take every rule out of a group."""
    found = first(ec2.describe_security_groups(GroupIds=[id_])["SecurityGroups"]) or {}
    if found.get("IpPermissions"):
        ec2.revoke_security_group_ingress(GroupId=id_, IpPermissions=found["IpPermissions"])
    if found.get("IpPermissionsEgress"):
        ec2.revoke_security_group_egress(GroupId=id_, IpPermissions=found["IpPermissionsEgress"])


def permission(id_: str, rule: Props) -> Permission:
    """An inline rule, or the legacy rule resource, as EC2 takes it."""
    said = given(Description=rule.get("description") or None)
    groups = [*(rule.get("securityGroups") or ()), *([id_] if rule.get("self") else ())]
    if rule.get("sourceSecurityGroupId"):
        groups.append(rule["sourceSecurityGroupId"])
    protocol = {"all": "-1"}.get(rule["protocol"], str(rule["protocol"]))
    ports = {} if protocol == "-1" else {"FromPort": rule["fromPort"], "ToPort": rule["toPort"]}
    lists: dict[str, Iterable[Permission]] = {
        "IpRanges": [{"CidrIp": cidr, **said} for cidr in rule.get("cidrBlocks") or ()],
        "Ipv6Ranges": [{"CidrIpv6": cidr, **said} for cidr in rule.get("ipv6CidrBlocks") or ()],
        "PrefixListIds": [{"PrefixListId": item, **said} for item in rule.get("prefixListIds") or ()],
        "UserIdGroupPairs": [{"GroupId": item, **said} for item in groups],
    }
    return {"IpProtocol": protocol, **ports, **{key: items for key, items in lists.items() if items}}


def blocks(id_: str, permissions: list[Permission]) -> list[Props]:
    """EC2's permissions as the provider's inline rules: one per protocol, ports and description."""
    merged: dict[tuple[Any, ...], Props] = defaultdict(dict)
    for item in permissions:
        head = (item["IpProtocol"], item.get("FromPort", 0), item.get("ToPort", 0))
        for key, field, source in _SOURCES:
            for entry in item.get(source) or ():
                rule = merged[(*head, entry.get("Description", ""))]
                if entry[field] == id_:
                    rule["self"] = True
                else:
                    rule.setdefault(key, []).append(entry[field])
    return [
        {"protocol": key[0], "fromPort": key[1], "toPort": key[2], "description": key[3], **rule}
        for key, rule in merged.items()
    ]


_SOURCES = (
    ("cidrBlocks", "CidrIp", "IpRanges"),
    ("ipv6CidrBlocks", "CidrIpv6", "Ipv6Ranges"),
    ("prefixListIds", "PrefixListId", "PrefixListIds"),
    ("securityGroups", "GroupId", "UserIdGroupPairs"),
)
