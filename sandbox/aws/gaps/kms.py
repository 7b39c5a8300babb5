"""KMS: a key that is disabled or waits for deletion does nothing, and rotation tells its period."""

from __future__ import annotations

from typing import Any

from moto.kms.models import kms_backends

from sandbox.aws.gaps.asking import PASS, Ask, Gap
from sandbox.aws.wire import RefusedError

_PERIOD_DAYS = 365
"""KMS's default rotation period (KMS developer guide, rotate keys)."""


def key_of(ask: Ask) -> Any:
    """The key that the call names by id, ARN or alias; None if moto is to say that there is none."""
    backend, name = kms_backends[ask.account][ask.region], str(ask.params.get("KeyId") or "")
    name = name.rsplit(":", 1)[-1] if name.startswith("arn:") else name
    if name.startswith("alias/"):
        name = str(backend.get_key_id_from_alias(name) or "")
    return backend.keys.get(name.removeprefix("key/"))


def use(ask: Ask) -> object:
    """Encrypt, Decrypt, GenerateDataKey, Sign …: only with a key that is enabled."""
    key = key_of(ask)
    if key is None or key.key_state == "Enabled":
        return PASS
    if key.key_state == "Disabled":
        raise RefusedError("DisabledException", f"{key.arn} is disabled.")
    raise RefusedError("KMSInvalidStateException", f"{key.arn} is pending deletion.")


def enable_rotation(ask: Ask) -> object:
    """EnableKeyRotation, with its period."""
    key = key_of(ask)
    if key is not None:
        key.rotation_period = int(ask.params.get("RotationPeriodInDays") or _PERIOD_DAYS)
    return PASS


def rotation_status(ask: Ask) -> object:
    """GetKeyRotationStatus."""
    key = key_of(ask)
    if key is None:
        return PASS
    on = bool(key.key_rotation_status)
    period = getattr(key, "rotation_period", _PERIOD_DAYS)
    return {"KeyId": key.id, "KeyRotationEnabled": on, **({"RotationPeriodInDays": period} if on else {})}


_USES = ("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Sign")

GAP = Gap(
    "kms",
    {
        **dict.fromkeys(_USES, use),
        "EnableKeyRotation": enable_rotation,
        "GetKeyRotationStatus": rotation_status,
    },
)
