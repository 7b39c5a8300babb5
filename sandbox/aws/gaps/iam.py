"""IAM: OIDC providers' client ids, and the refusals that moto does not make."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from moto.iam.models import iam_backends

from sandbox.aws.gaps.asking import PASS, Ask, Gap
from sandbox.aws.wire import RefusedError


def _provider(ask: Ask) -> Any:
    arn = str(ask.params["OpenIDConnectProviderArn"])
    found = iam_backends[ask.account]["aws"].open_id_providers.get(arn)
    if found is None:
        message = f"OpenIDConnect Provider not found for arn {arn}"
        raise RefusedError("NoSuchEntity", message, HTTPStatus.NOT_FOUND)
    return found


def add_client(ask: Ask) -> object:
    """AddClientIDToOpenIDConnectProvider; adding twice is no error."""
    provider, client = _provider(ask), str(ask.params["ClientID"])
    if client not in provider.client_id_list:
        provider.client_id_list.append(client)
    return {}


def remove_client(ask: Ask) -> object:
    """RemoveClientIDFromOpenIDConnectProvider; removing what is not there is no error."""
    provider, client = _provider(ask), str(ask.params["ClientID"])
    provider.client_id_list[:] = [one for one in provider.client_id_list if one != client]
    return {}


def delete_policy(ask: Ask) -> object:
    """DeletePolicy; refused while attached."""
    policy = iam_backends[ask.account]["aws"].managed_policies.get(str(ask.params["PolicyArn"]))
    if policy is not None and policy.attachment_count:
        raise RefusedError(
            "DeleteConflict", "Cannot delete a policy attached to entities.", HTTPStatus.CONFLICT
        )
    return PASS


def list_instance_profiles(ask: Ask) -> object:
    """ListInstanceProfiles under a path: Karpenter deletes what it finds under its own; moto lists all."""
    found = iam_backends[ask.account]["aws"].get_instance_profiles()
    prefix = str(ask.params.get("PathPrefix") or "/")
    return {"InstanceProfiles": [one for one in found if one.path.startswith(prefix)], "IsTruncated": False}


GAP = Gap(
    "iam",
    {
        "ListInstanceProfiles": list_instance_profiles,
        "AddClientIDToOpenIDConnectProvider": add_client,
        "RemoveClientIDFromOpenIDConnectProvider": remove_client,
        "DeletePolicy": delete_policy,
    },
)
