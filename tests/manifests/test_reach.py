"""The evaluator of network policies against the examples of Kubernetes' own documentation.

What no policy can say (host network, node traffic, a network plugin that ignores policies) is not judged.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.manifests.reach import End, Network, Outside, Pod

NAMESPACES = {
    "default": {},
    "other": {},
    "mine": {"project": "myproject"},
    "alice": {"user": "alice"},
    "frontend": {"namespace": "frontend"},
    "backend": {"namespace": "backend"},
}
DB = Pod("default", {"role": "db"}, {"redis": 6379})
WEB = Pod("default", {"role": "frontend"})
PLAIN = Pod("default")


def network(*specs: dict[str, Any]) -> Network:
    """Policies of the namespace ``default``."""
    made = ({"metadata": {"name": "p", "namespace": "default"}, "spec": spec} for spec in specs)
    return Network(tuple(made), NAMESPACES)


DENY_INGRESS = {"podSelector": {}, "policyTypes": ["Ingress"]}
ALLOW_INGRESS = {"podSelector": {}, "ingress": [{}], "policyTypes": ["Ingress"]}
DENY_EGRESS = {"podSelector": {}, "policyTypes": ["Egress"]}
ALLOW_EGRESS = {"podSelector": {}, "egress": [{}], "policyTypes": ["Egress"]}
DENY_BOTH = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
THE_EXAMPLE = {
    "podSelector": {"matchLabels": {"role": "db"}},
    "policyTypes": ["Ingress", "Egress"],
    "ingress": [
        {
            "from": [
                {"ipBlock": {"cidr": "172.17.0.0/16", "except": ["172.17.1.0/24"]}},
                {"namespaceSelector": {"matchLabels": {"project": "myproject"}}},
                {"podSelector": {"matchLabels": {"role": "frontend"}}},
            ],
            "ports": [{"protocol": "TCP", "port": 6379}],
        }
    ],
    "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/24"}}], "ports": [{"protocol": "TCP", "port": 5978}]}],
}
ALICE = {"namespaceSelector": {"matchLabels": {"user": "alice"}}}
CLIENT = {"podSelector": {"matchLabels": {"role": "client"}}}
BOTH = {"podSelector": {}, "ingress": [{"from": [{**ALICE, **CLIENT}]}]}
EITHER = {"podSelector": {}, "ingress": [{"from": [ALICE, CLIENT]}]}
RANGE = {
    "podSelector": {"matchLabels": {"role": "db"}},
    "policyTypes": ["Egress"],
    "egress": [
        {
            "to": [{"ipBlock": {"cidr": "10.0.0.0/24"}}],
            "ports": [{"protocol": "TCP", "port": 32000, "endPort": 32768}],
        }
    ],
}
SEVERAL = {
    "podSelector": {},
    "policyTypes": ["Egress"],
    "egress": [
        {
            "to": [
                {
                    "namespaceSelector": {
                        "matchExpressions": [
                            {"key": "namespace", "operator": "In", "values": ["frontend", "backend"]}
                        ]
                    }
                }
            ]
        }
    ],
}
NAMED = {"podSelector": {}, "ingress": [{"ports": [{"port": "redis"}]}]}
OUT = Outside("10.0.0.9")
CLIENT_POD = Pod("alice", {"role": "client"})

TABLE: list[tuple[str, tuple[dict[str, Any], ...], End, End, int, bool]] = [
    ("no policy: everything", (), PLAIN, DB, 80, True),
    ("default deny ingress", (DENY_INGRESS,), WEB, DB, 6379, False),
    ("it leaves egress open", (DENY_INGRESS,), DB, OUT, 443, True),
    ("it is for its namespace only", (DENY_INGRESS,), DB, Pod("other"), 80, True),
    ("allow all ingress wins over deny", (DENY_INGRESS, ALLOW_INGRESS), WEB, DB, 80, True),
    ("default deny egress", (DENY_EGRESS,), DB, OUT, 443, False),
    ("it leaves ingress open", (DENY_EGRESS,), Pod("other"), DB, 80, True),
    ("allow all egress wins over deny", (DENY_EGRESS, ALLOW_EGRESS), DB, OUT, 443, True),
    ("deny both, in", (DENY_BOTH,), Pod("other"), DB, 80, False),
    ("deny both, out", (DENY_BOTH,), DB, Pod("other"), 80, False),
    ("both ends have to agree", (DENY_EGRESS, ALLOW_INGRESS), WEB, DB, 6379, False),
    ("example: a frontend of the namespace", (THE_EXAMPLE,), WEB, DB, 6379, True),
    ("example: another port", (THE_EXAMPLE,), WEB, DB, 5432, False),
    ("example: a frontend of another namespace", (THE_EXAMPLE,), Pod("other", WEB.labels), DB, 6379, False),
    ("example: any pod of myproject", (THE_EXAMPLE,), Pod("mine"), DB, 6379, True),
    ("example: an address of the block", (THE_EXAMPLE,), Outside("172.17.0.5"), DB, 6379, True),
    ("example: an address of the hole", (THE_EXAMPLE,), Outside("172.17.1.5"), DB, 6379, False),
    ("example: out to the block", (THE_EXAMPLE,), DB, Outside("10.0.0.7"), 5978, True),
    ("example: out to another port", (THE_EXAMPLE,), DB, Outside("10.0.0.7"), 5979, False),
    ("example: other pods are not selected", (THE_EXAMPLE,), Pod("other"), PLAIN, 6379, True),
    ("namespace and pod in one element: both", (BOTH,), CLIENT_POD, DB, 1, True),
    ("namespace and pod in one element: not one", (BOTH,), Pod("alice"), DB, 1, False),
    ("in two elements: the namespace is enough", (EITHER,), Pod("alice"), DB, 1, True),
    (
        "in two elements: the pod of this namespace",
        (EITHER,),
        Pod("default", {"role": "client"}),
        DB,
        1,
        True,
    ),
    ("in two elements: not of another namespace", (EITHER,), Pod("other", {"role": "client"}), DB, 1, False),
    ("range of ports: first", (RANGE,), DB, OUT, 32000, True),
    ("range of ports: last", (RANGE,), DB, OUT, 32768, True),
    ("range of ports: behind", (RANGE,), DB, OUT, 32769, False),
    ("several namespaces: one of them", (SEVERAL,), DB, Pod("backend"), 80, True),
    ("several namespaces: none of them", (SEVERAL,), DB, Pod("other"), 80, False),
    ("named port", (NAMED,), WEB, DB, 6379, True),
    ("another than the named port", (NAMED,), WEB, DB, 80, False),
]


@pytest.mark.parametrize(
    ("specs", "source", "target", "port", "expected"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_evaluator_reads_policies_as_documented(
    specs: tuple[dict[str, Any], ...], source: End, target: End, port: int, expected: bool
) -> None:
    assert network(*specs).lets(source, target, port) is expected


def test_protocol_is_tcp_unless_it_is_said() -> None:
    only = {"podSelector": {}, "ingress": [{"ports": [{"port": 53}]}]}
    assert network(only).lets(WEB, DB, 53)
    assert not network(only).lets(WEB, DB, 53, "UDP")


def test_pods_address_is_in_no_block_unless_it_is_given() -> None:
    rule = {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}
    assert not network(rule).lets(Pod("other"), DB, 80)
    assert network(rule).lets(Pod("other", address="10.1.2.3"), DB, 80)
