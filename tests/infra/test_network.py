"""Small decisions of the network (A1); what is registered is claimed in tests/stacks/test_foundation.py."""

from __future__ import annotations

import pytest

from infra.endpoints import Endpoints, EndpointsArgs
from infra.network import DISCOVERY, nat_zone, subnet_tags
from infra.scope import Scope
from tests.infra.engine import Made, run

SCOPE = Scope("ferry-dev", "123456789012", "us-east-1")


@pytest.mark.parametrize(("nat", "zone", "serves"), [("single", 2, 0), ("per_zone", 2, 2), ("single", 0, 0)])
def test_a_zone_goes_out_through_its_own_gateway_or_the_only_one(nat: str, zone: int, serves: int) -> None:
    assert nat_zone(nat, zone) == serves


def test_load_balancers_and_karpenter_find_the_right_subnets() -> None:
    assert subnet_tags("public", "c") == {"kubernetes.io/role/elb": "1"}
    assert subnet_tags("private", "c") == {"kubernetes.io/role/internal-elb": "1", DISCOVERY: "c"}
    assert subnet_tags("intra", "c") == {}


def endpoints(services: list[str]) -> Made:
    def program() -> None:
        Endpoints("e", EndpointsArgs(SCOPE, services, "vpc-1", "10.0.0.0/16", ["subnet-1"], ["rtb-1"]))

    return run(program)


def test_s3_is_reached_by_a_route_and_others_by_an_interface() -> None:
    found = {
        item.inputs["serviceName"]: item.inputs
        for item in endpoints(["s3", "ecr.api"]).of("aws:ec2/vpcEndpoint:VpcEndpoint")
    }
    s3, ecr = found["com.amazonaws.us-east-1.s3"], found["com.amazonaws.us-east-1.ecr.api"]
    assert (s3["vpcEndpointType"], s3["routeTableIds"]) == ("Gateway", ["rtb-1"])
    assert (ecr["vpcEndpointType"], ecr["privateDnsEnabled"]) == ("Interface", True)
    assert ecr["securityGroupIds"] == ["e-group-id"]


def test_interfaces_let_in_the_vpc_and_nobody_else() -> None:
    found = endpoints(["sts"])
    rules = found.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert [(rule.inputs["cidrIpv4"], rule.inputs["toPort"]) for rule in rules] == [("10.0.0.0/16", 443)]


def test_gateways_alone_need_no_security_group() -> None:
    assert not endpoints(["s3"]).of("aws:ec2/securityGroup:SecurityGroup")
