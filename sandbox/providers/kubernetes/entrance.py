"""Who EKS lets in: the rehearsal's API server trusts its administrator; on AWS it would ask EKS.

A token from ``aws eks get-token`` is worth something only if the cluster is known by that name and an access
entry (or the creator's own right) makes somebody an administrator. An ``up`` that makes objects before its
access entries fails on AWS, so it fails here.
"""

from __future__ import annotations

import json
from typing import Any, Final

import httpx

_ADMINISTRATOR: Final = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
_SECONDS: Final = 20.0
_UNAUTHORISED: Final = (
    "unable to load schema information from the API server: the server has asked for the client to provide "
    "credentials"
)


def refusal(endpoint: str, region: str, cluster: str) -> str | None:
    """Why a token for ``cluster`` would not be taken; None when it would be, or when EKS cannot be asked."""
    with httpx.Client(base_url=endpoint, headers=_signed(region), timeout=_SECONDS, trust_env=False) as eks:
        try:
            return _refusal(eks, cluster)
        except (httpx.HTTPError, json.JSONDecodeError):
            return None


def _refusal(eks: httpx.Client, cluster: str) -> str | None:
    described = eks.get(f"/clusters/{cluster}")
    if described.status_code == httpx.codes.NOT_FOUND:
        return f"{_UNAUTHORISED} (EKS knows no cluster {cluster}; is --cluster-name of the kubeconfig right?)"
    access: dict[str, Any] = described.json()["cluster"].get("accessConfig") or {}
    if access.get("bootstrapClusterCreatorAdminPermissions", True):
        return None
    listed = eks.get(f"/clusters/{cluster}/access-entries", params={"associatedPolicyArn": _ADMINISTRATOR})
    if listed.is_success and not listed.json()["accessEntries"]:
        return (
            f"{_UNAUTHORISED} (no access entry of {cluster} makes anybody an administrator yet; let the "
            "provider depend on the entries)"
        )
    return None


def _signed(region: str) -> dict[str, str]:
    """Enough of a signature for the emulated AWS to know which service is asked; it checks none."""
    scope = f"Credential=test/20260101/{region}/eks/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=none"}
