"""An AWS for component tests: ids and ARNs told from names, so that references can be read in the inputs."""

from __future__ import annotations

from typing import Any

from sandbox.providers.base import Diff, Props, Session, State

CLUSTER_OUTPUTS: dict[str, Any] = {
    "arn": "arn:aws:eks:us-east-1:123456789012:cluster/ferry-dev",
    "endpoint": "https://127.0.0.1:1",
    "certificateAuthority": {"data": "Y2E="},
    "identities": [{"oidcs": [{"issuer": "https://oidc.eks.us-east-1.amazonaws.com/id/0A"}]}],
}


class NamingSession(Session):
    """Makes nothing; ``id-of-<name>``, ``arn-of-<name>``."""

    def diff(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, news: Props
    ) -> Diff:
        return Diff([key for key in old_inputs.keys() | news.keys() if old_inputs.get(key) != news.get(key)])

    def create(self, urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
        if preview:
            return State("", inputs)
        name = urn.rsplit("::", 1)[-1]
        outputs = {"arn": f"arn-of-{name}", "latestVersion": 1, **inputs}
        if type_ == "aws:eks/cluster:Cluster":
            group = {"clusterSecurityGroupId": "sg-of-eks", "vpcId": "id-of-vpc"}
            outputs |= CLUSTER_OUTPUTS | {"vpcConfig": {**inputs["vpcConfig"], **group}}
        return State(f"id-of-{name}", outputs)

    def delete(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, timeout: float
    ) -> None:
        return None

    def invoke(self, token: str, args: Props) -> Props:
        if token.endswith(":getPartition"):
            return {
                "id": "aws",
                "partition": "aws",
                "dnsSuffix": "amazonaws.com",
                "reverseDnsPrefix": "com.amazonaws",
            }
        if token.endswith(":getAddonVersion"):
            return {"id": "x", "version": f"newest {args['addonName']}", **args}
        raise NotImplementedError(token)
