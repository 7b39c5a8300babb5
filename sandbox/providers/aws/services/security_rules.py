"""Security group rules as resources of their own: one per source, and the older kind with several."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, given
from sandbox.providers.aws.services.ec2 import Ec2Handler, first, tags_of
from sandbox.providers.aws.services.security_groups import blocks, permission
from sandbox.providers.base import CheckFailure, Props, ProviderError

_SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


class SecurityGroupIngressRule(Ec2Handler):
    """``aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule``: one source, an id of its own."""

    title = "VPC Security Group Ingress Rule"
    kind = "security-group-rule"
    egress: ClassVar[bool] = False
    replace_on = frozenset({"securityGroupId"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        present = [key for key in _SOURCES if inputs.get(key) is not None]
        if len(present) == 1:
            return []
        return [
            CheckFailure(
                "", f"a rule needs exactly one source, got {len(present)}. Set one of {', '.join(_SOURCES)}."
            )
        ]

    def create(self, aws: Scope, inputs: Props) -> Made:
        ec2 = aws.client("ec2")
        call = ec2.authorize_security_group_egress if self.egress else ec2.authorize_security_group_ingress
        made = call(
            GroupId=inputs["securityGroupId"], IpPermissions=[_permission(inputs)], **self.tagged(inputs)
        )
        rule = made["SecurityGroupRules"][-1]
        return Made(rule["SecurityGroupRuleId"], self._live(aws, rule, inputs))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = first(
            aws.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[id_])["SecurityGroupRules"]
        )
        return None if found is None else self._live(aws, found, state) | {"tagsAll": tags_of(found)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        new = change.new
        rule = given(
            IpProtocol=new["ipProtocol"],
            FromPort=new.get("fromPort"),
            ToPort=new.get("toPort"),
            CidrIpv4=new.get("cidrIpv4"),
            CidrIpv6=new.get("cidrIpv6"),
            PrefixListId=new.get("prefixListId"),
            ReferencedGroupId=new.get("referencedSecurityGroupId"),
            Description=new.get("description"),
        )
        aws.client("ec2").modify_security_group_rules(
            GroupId=new["securityGroupId"],
            SecurityGroupRules=[{"SecurityGroupRuleId": id_, "SecurityGroupRule": rule}],
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        ec2 = aws.client("ec2")
        call = ec2.revoke_security_group_egress if self.egress else ec2.revoke_security_group_ingress
        call(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[id_])

    def _live(self, aws: Scope, rule: dict[str, Any], state: Props) -> Props:
        ports = {} if rule["IpProtocol"] == "-1" else {"fromPort": rule["FromPort"], "toPort": rule["ToPort"]}
        sources = given(
            cidrIpv4=rule.get("CidrIpv4"),
            cidrIpv6=rule.get("CidrIpv6"),
            prefixListId=rule.get("PrefixListId"),
            referencedSecurityGroupId=(rule.get("ReferencedGroupInfo") or {}).get("GroupId"),
            description=rule.get("Description"),
        )
        return {
            "arn": aws.arn("ec2", f"security-group-rule/{rule['SecurityGroupRuleId']}"),
            "ipProtocol": rule["IpProtocol"],
            "securityGroupId": rule.get("GroupId") or state.get("securityGroupId"),
            "securityGroupRuleId": rule["SecurityGroupRuleId"],
            **ports,
            **sources,
        }


class SecurityGroupEgressRule(SecurityGroupIngressRule):
    """``aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule``."""

    title = "VPC Security Group Egress Rule"
    egress = True


def _permission(inputs: Props) -> dict[str, Any]:
    said = given(Description=inputs.get("description"))
    sources: dict[str, Any] = {}
    if inputs.get("cidrIpv4"):
        sources["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **said}]
    if inputs.get("cidrIpv6"):
        sources["Ipv6Ranges"] = [{"CidrIpv6": inputs["cidrIpv6"], **said}]
    if inputs.get("prefixListId"):
        sources["PrefixListIds"] = [{"PrefixListId": inputs["prefixListId"], **said}]
    if inputs.get("referencedSecurityGroupId"):
        sources["UserIdGroupPairs"] = [{"GroupId": inputs["referencedSecurityGroupId"], **said}]
    return {
        "IpProtocol": inputs["ipProtocol"],
        **given(FromPort=inputs.get("fromPort"), ToPort=inputs.get("toPort")),
        **sources,
    }


class SecurityGroupRule(Handler):
    """``aws:ec2/securityGroupRule:SecurityGroupRule``: the older kind; only its description moves."""

    title = "Security Group Rule"
    replaced_first_deleted = True
    defaults = {"self": False}
    replace_on = frozenset(
        {"cidrBlocks", "fromPort", "ipv6CidrBlocks", "prefixListIds", "protocol", "securityGroupId", "self"}
        | {"sourceSecurityGroupId", "toPort", "type"}
    )

    def validate(self, inputs: Props) -> list[CheckFailure]:
        if inputs.get("type") not in ("ingress", "egress"):
            return [
                CheckFailure("type", f'type is "{inputs.get("type")}"; AWS takes one of ingress, egress.')
            ]
        keys = ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "sourceSecurityGroupId", "self")
        if any(inputs.get(key) not in (None, [], "") for key in keys):
            return []
        return [CheckFailure("", f"a rule needs a source. Set one of {', '.join(keys)}.")]

    def create(self, aws: Scope, inputs: Props) -> Made:
        id_ = inputs["securityGroupId"]
        made = self._call(aws, "authorize", inputs["type"])(
            GroupId=id_, IpPermissions=[permission(id_, inputs)]
        )
        rules = made.get("SecurityGroupRules") or [{}]
        single = rules[0].get("SecurityGroupRuleId", "") if len(rules) == 1 else ""
        return Made(_rule_id(inputs), {"securityGroupRuleId": single})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        wanted = state if state.get("securityGroupId") else _imported(id_)
        groups = aws.client("ec2").describe_security_groups(GroupIds=[wanted["securityGroupId"]])
        found = first(groups["SecurityGroups"])
        if found is None:
            return None
        side = "IpPermissions" if wanted["type"] == "ingress" else "IpPermissionsEgress"
        live = blocks(wanted["securityGroupId"], found[side])
        target = blocks(wanted["securityGroupId"], [permission(wanted["securityGroupId"], wanted)])[0]
        if not any(_covers(rule, target) for rule in live):
            return None
        return {key: value for key, value in wanted.items() if key not in ("tags", "tagsAll")}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        group, new = change.new["securityGroupId"], change.new
        ec2 = aws.client("ec2")
        kind = new["type"]
        getattr(ec2, f"update_security_group_rule_descriptions_{kind}")(
            GroupId=group, IpPermissions=[permission(group, new)]
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        group = state["securityGroupId"]
        self._call(aws, "revoke", state["type"])(GroupId=group, IpPermissions=[permission(group, state)])

    def _call(self, aws: Scope, verb: str, kind: str) -> Any:
        return getattr(aws.client("ec2"), f"{verb}_security_group_{kind}")


def _covers(rule: Props, target: Props) -> bool:
    if any(rule[key] != target[key] for key in ("protocol", "fromPort", "toPort")):
        return False
    lists = ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "securityGroups")
    return rule.get("self", False) >= target.get("self", False) and all(
        set(target.get(key) or ()) <= set(rule.get(key) or ()) for key in lists
    )


def _rule_id(inputs: Props) -> str:
    keys = ("type", "protocol", "fromPort", "toPort", "cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self")
    said = [
        inputs["securityGroupId"],
        inputs.get("sourceSecurityGroupId"),
        *(inputs.get(key) for key in keys),
    ]
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    return f"sgrule-{int(digest[:8], 16)}"


def _imported(id_: str) -> Props:
    """``sg-1_ingress_tcp_443_443_10.0.0.0/16``: the provider's import format."""
    parts = id_.split("_")
    minimum = 6
    if len(parts) < minimum:
        raise ProviderError(
            f"unexpected format of import id {id_}: a rule is imported as "
            "<group>_<ingress|egress>_<protocol>_<from>_<to>_<source>[_<source>…]."
        )
    group, kind, protocol, start, end, *sources = parts
    found: Props = {"securityGroupId": group, "type": kind, "protocol": protocol}
    found |= {"fromPort": int(start), "toPort": int(end)}
    for source in sources:
        if source == "self":
            found["self"] = True
        elif source.startswith("sg-"):
            found["sourceSecurityGroupId"] = source
        elif source.startswith("pl-"):
            found.setdefault("prefixListIds", []).append(source)
        else:
            found.setdefault("ipv6CidrBlocks" if ":" in source else "cidrBlocks", []).append(source)
    return found
