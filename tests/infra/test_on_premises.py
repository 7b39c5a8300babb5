"""The way in from on-premise (A13): what is asked of AWS, and what is refused before anything is made.

No site stands at the other end of an emulated account, so that a packet arrives is not proved.
"""

from __future__ import annotations

from typing import Any

import pytest

from infra.on_premises import OnPremises, OnPremisesArgs
from infra.scope import Scope
from infra.specs.on_premises import OnPremisesSpec
from stacks.settings.rules import on_premises as rules
from tests.infra.engine import Made, run
from tests.infra.environments import settings

VPN: dict[str, Any] = {"cidrs": ["192.168.0.0/16"], "customer_gateway_ip": "203.0.113.10"}
NAMES = {"dns_domains": ["corp.example.com"], "dns_servers": ["192.168.0.53"]}
DIRECT = {"cidrs": ["192.168.0.0/16"], "direct_connect_gateway_id": "12345678-1234-1234-1234-123456789012"}


def made(**spec: Any) -> Made:
    import pulumi  # noqa: PLC0415 - only inside the mocked engine

    def program() -> None:
        args = OnPremisesArgs(
            scope=Scope("ferry-dev", "123456789012", "us-east-1"),
            spec=OnPremisesSpec(**spec),
            vpc_id="vpc-1",
            cidr="10.20.0.0/16",
            subnet_ids=pulumi.Output.from_input(["s-a", "s-b"]),
            route_table_ids=pulumi.Output.from_input(["t-a", "t-b", "t-intra"]),
            subnets=2,
            tables=3,
        )
        OnPremises("on-premises", args)

    return run(program)


def refusals(**spec: Any) -> list[str]:
    network = settings("dev").network.model_copy(update={"on_premises": OnPremisesSpec(**spec)})
    wanted = settings("dev").model_copy(update={"network": network})
    return [str(mistake.fact) for rule in rules.RULES for mistake in rule.judge(wanted)]


def test_a_vpn_learns_routes_and_its_keys_stay_out_of_the_state() -> None:
    """A13."""
    found = made(**VPN)
    assert found.of("aws:ec2/customerGateway:CustomerGateway")[0].inputs["ipAddress"] == "203.0.113.10"
    connection = found.of("aws:ec2/vpnConnection:VpnConnection")[0].inputs
    assert connection["presharedKeyStorage"] == "SecretsManager"
    assert connection["staticRoutesOnly"] is False
    tables = found.of("aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation")
    assert {item.inputs["routeTableId"] for item in tables} == {"t-a", "t-b", "t-intra"}


def test_direct_connect_lets_the_site_see_the_vpc_and_needs_no_vpn() -> None:
    """A13."""
    found = made(**DIRECT)
    joined = found.of("aws:directconnect/gatewayAssociation:GatewayAssociation")[0].inputs
    assert joined["allowedPrefixes"] == ["10.20.0.0/16"]
    assert not found.of("aws:ec2/vpnConnection:VpnConnection")


def test_names_are_asked_both_ways_and_at_port_53_only() -> None:
    """A13."""
    found = made(**VPN, **NAMES)
    endpoints = found.of("aws:route53/resolverEndpoint:ResolverEndpoint")
    assert {item.inputs["direction"] for item in endpoints} == {"INBOUND", "OUTBOUND"}
    rule = found.of("aws:route53/resolverRule:ResolverRule")[0].inputs
    assert (rule["domainName"], rule["targetIps"][0]["ip"]) == ("corp.example.com", "192.168.0.53")
    doors = found.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    doors += found.of("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert {(item.inputs["fromPort"], item.inputs["toPort"]) for item in doors} == {(53, 53)}
    assert {item.inputs["cidrIpv4"] for item in doors} == {"192.168.0.0/16", "192.168.0.53/32"}


def test_a_right_site_is_accepted() -> None:
    """A13."""
    assert refusals(**VPN, **NAMES) == []
    assert refusals(**DIRECT) == []


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"cidrs": ["10.20.128.0/17"]}, "overlaps ferry:network.cidr (10.20.0.0/16)"),
        ({"cidrs": ["10.0.0.0/8"]}, "overlaps ferry:network.cidr (10.20.0.0/16)"),
        ({"cidrs": ["172.20.4.0/24"]}, "overlaps the cluster's services"),
        ({"cidrs": ["192.168.0.0/16", "192.168.1.0/24"]}, "overlap, so nobody can say"),
        ({"customer_gateway_ip": None}, "needs one of customer_gateway_ip"),
        ({"direct_connect_gateway_id": DIRECT["direct_connect_gateway_id"]}, "and not both"),
        ({"dns_domains": ["corp.example.com"]}, "belong together"),
        ({**NAMES, "dns_servers": ["8.8.8.8"]}, "no route leads to it"),
        ({"bgp_asn": 64_512}, "at both ends"),
    ],
)
def test_what_cannot_work_is_refused(change: dict[str, Any], fact: str) -> None:
    """A13: one clear error before the first resource."""
    assert any(fact in said for said in refusals(**{**VPN, **change}))


def test_no_environment_has_a_way_in_unless_it_is_asked_for() -> None:
    """A13: off unless set."""
    assert all(settings(name).network.on_premises is None for name in ("dev", "staging", "prod"))
