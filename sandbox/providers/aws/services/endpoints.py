"""VPC endpoints and flow logs."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.handler import Change, Made, Scope, given
from sandbox.providers.aws.services.convert import to_aws
from sandbox.providers.aws.services.ec2 import Ec2Handler, first, tags_of
from sandbox.providers.aws.services.iam import malformed
from sandbox.providers.base import CheckFailure, Props, ProviderError


class VpcEndpoint(Ec2Handler):
    """``aws:ec2/vpcEndpoint:VpcEndpoint``: gateway or interface."""

    title = "EC2 VPC Endpoint"
    kind = "vpc-endpoint"
    cfn = "AWS::EC2::VPCEndpoint"
    names = {"policy": "", "dnsOptions": ""}
    defaults = {"vpcEndpointType": "Gateway"}
    replace_on = frozenset({"serviceRegion"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        if inputs.get("serviceName") is None:
            return [CheckFailure("serviceName", "an endpoint needs a service. Set serviceName.")]
        return malformed("policy", inputs)

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("ec2").create_vpc_endpoint(
            VpcId=inputs["vpcId"],
            ServiceName=inputs["serviceName"],
            VpcEndpointType=inputs["vpcEndpointType"],
            **given(
                PolicyDocument=inputs.get("policy"),
                PrivateDnsEnabled=inputs.get("privateDnsEnabled"),
                RouteTableIds=inputs.get("routeTableIds") or None,
                SubnetIds=inputs.get("subnetIds") or None,
                SecurityGroupIds=inputs.get("securityGroupIds") or None,
            ),
            **self.tagged(inputs),
        )["VpcEndpoint"]
        return Made(made["VpcEndpointId"], _endpoint(aws, made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = first(aws.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[id_])["VpcEndpoints"])
        if found is None or str(found["State"]).lower() in ("deleted", "deleting"):
            return None
        return _endpoint(aws, found) | {"tagsAll": tags_of(found)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        arguments: dict[str, Any] = {}
        for key, name in _LISTS.items():
            old, new = set(change.old.get(key) or ()), set(change.new.get(key) or ())
            if key in change:
                arguments |= {f"Add{name}": sorted(new - old), f"Remove{name}": sorted(old - new)}
        if "policy" in change:
            policy = change.new.get("policy")
            arguments |= {"PolicyDocument": policy} if policy else {"ResetPolicy": True}
        if "privateDnsEnabled" in change:
            arguments["PrivateDnsEnabled"] = bool(change.new.get("privateDnsEnabled"))
        wanted = {key: value for key, value in arguments.items() if value != []}
        aws.client("ec2").modify_vpc_endpoint(VpcEndpointId=id_, **wanted)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[id_])


_LISTS = {"routeTableIds": "RouteTableIds", "subnetIds": "SubnetIds", "securityGroupIds": "SecurityGroupIds"}


def _endpoint(aws: Scope, endpoint: dict[str, Any]) -> Props:
    groups = [group["GroupId"] for group in endpoint.get("Groups") or ()]
    return {
        "arn": aws.arn("ec2", f"vpc-endpoint/{endpoint['VpcEndpointId']}"),
        "vpcId": endpoint["VpcId"],
        "serviceName": endpoint["ServiceName"],
        "serviceRegion": aws.region,
        "vpcEndpointType": endpoint["VpcEndpointType"],
        "state": str(endpoint["State"]).lower(),
        "ownerId": endpoint.get("OwnerId", aws.account),
        "routeTableIds": endpoint.get("RouteTableIds") or [],
        "subnetIds": endpoint.get("SubnetIds") or [],
        "networkInterfaceIds": endpoint.get("NetworkInterfaceIds") or [],
        "dnsEntries": [
            {"dnsName": entry.get("DnsName", ""), "hostedZoneId": entry.get("HostedZoneId", "")}
            for entry in endpoint.get("DnsEntries") or ()
        ],
        "privateDnsEnabled": bool(endpoint.get("PrivateDnsEnabled")),
        "requesterManaged": False,
        "ipAddressType": endpoint.get("IpAddressType") or "ipv4",
        **({"securityGroupIds": groups} if groups else {}),
        **given(policy=endpoint.get("PolicyDocument")),
    }


class FlowLog(Ec2Handler):
    """``aws:ec2/flowLog:FlowLog``; everything but tags forces a new one."""

    title = "EC2 Flow Log"
    kind = "vpc-flow-log"
    defaults = {"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600}
    replace_on = frozenset(
        [
            "deliverCrossAccountRole",
            "destinationOptions",
            "eniId",
            "iamRoleArn",
            "logDestination",
            "logDestinationType",
            "logFormat",
            "maxAggregationInterval",
            "subnetId",
            "trafficType",
            "transitGatewayAttachmentId",
            "transitGatewayId",
            "vpcId",
        ]
    )

    def validate(self, inputs: Props) -> list[CheckFailure]:
        sources = [key for key in _WATCHED if inputs.get(key) is not None]
        if len(sources) != 1:
            return [
                CheckFailure(
                    "", f"a flow log watches one thing, got {len(sources)}. Set one of {', '.join(_WATCHED)}."
                )
            ]
        traffic = inputs.get("trafficType")
        if traffic not in ("ACCEPT", "REJECT", "ALL") and isinstance(traffic, str):
            return [CheckFailure("trafficType", f'is "{traffic}"; AWS takes one of ACCEPT, REJECT, ALL.')]
        return []

    def create(self, aws: Scope, inputs: Props) -> Made:
        key = next(key for key in _WATCHED if inputs.get(key) is not None)
        made = aws.client("ec2").create_flow_logs(
            ResourceIds=[inputs[key]],
            ResourceType=_WATCHED[key],
            LogDestinationType=inputs["logDestinationType"],
            MaxAggregationInterval=inputs["maxAggregationInterval"],
            **given(
                TrafficType=inputs.get("trafficType"),
                LogDestination=inputs.get("logDestination"),
                LogFormat=inputs.get("logFormat"),
                DeliverLogsPermissionArn=inputs.get("iamRoleArn"),
                DestinationOptions=to_aws(inputs.get("destinationOptions")),
            ),
            **self.tagged(inputs),
        )
        id_ = _made_or_refused(made)
        return Made(
            id_,
            {"arn": aws.arn("ec2", f"vpc-flow-log/{id_}"), "logFormat": inputs.get("logFormat") or _FORMAT},
        )

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = first(aws.client("ec2").describe_flow_logs(FlowLogIds=[id_])["FlowLogs"])
        if found is None:
            return None
        watched = str(found["ResourceId"])
        key = (
            "vpcId"
            if watched.startswith("vpc-")
            else "subnetId"
            if watched.startswith("subnet-")
            else "eniId"
        )
        return {
            "arn": aws.arn("ec2", f"vpc-flow-log/{id_}"),
            key: watched,
            "logDestinationType": found["LogDestinationType"],
            "logFormat": found.get("LogFormat", _FORMAT),
            "maxAggregationInterval": int(found["MaxAggregationInterval"]),
            "trafficType": found["TrafficType"],
            "tagsAll": tags_of(found),
            **given(
                logDestination=found.get("LogDestination"), iamRoleArn=found.get("DeliverLogsPermissionArn")
            ),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        """Nothing but tags changes in place."""

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ec2").delete_flow_logs(FlowLogIds=[id_])


_WATCHED = {
    "vpcId": "VPC",
    "subnetId": "Subnet",
    "eniId": "NetworkInterface",
    "transitGatewayId": "TransitGateway",
    "transitGatewayAttachmentId": "TransitGatewayAttachment",
}
_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
    "${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)


def _made_or_refused(made: dict[str, Any]) -> str:
    """EC2 answers 200 and lists what it refused."""
    if made.get("FlowLogIds"):
        return str(made["FlowLogIds"][0])
    error = (made.get("Unsuccessful") or [{}])[0].get("Error", {})
    raise ProviderError(f"creating EC2 Flow Log: {error.get('Code')}: {error.get('Message')}")
