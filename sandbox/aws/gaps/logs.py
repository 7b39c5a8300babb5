"""CloudWatch Logs: the key of a log group, which moto keeps only from its creation."""

from __future__ import annotations

from typing import Any

from moto.logs.models import logs_backends

from sandbox.aws.gaps.asking import Ask, Gap
from sandbox.aws.wire import RefusedError


def _group(ask: Ask) -> Any:
    found = logs_backends[ask.account][ask.region].groups.get(str(ask.params["logGroupName"]))
    if found is None:
        raise RefusedError("ResourceNotFoundException", "The specified log group does not exist.")
    return found


def associate(ask: Ask) -> object:
    """AssociateKmsKey."""
    _group(ask).kms_key_id = ask.params["kmsKeyId"]
    return {}


def disassociate(ask: Ask) -> object:
    """DisassociateKmsKey."""
    _group(ask).kms_key_id = None
    return {}


GAP = Gap("logs", {"AssociateKmsKey": associate, "DisassociateKmsKey": disassociate})
