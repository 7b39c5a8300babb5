"""What moto makes or looks up anew and that never differs; made once here."""

from __future__ import annotations

import copy
import functools
from types import SimpleNamespace
from typing import Any

from moto.core import responses
from moto.core.utils import method_names_from_class
from moto.ec2 import utils
from moto.iam.models import IAMBackend, ManagedPolicy
from moto.moto_api._internal import mock_random

_read_policies = IAMBackend._init_aws_policies


def prepare() -> None:
    """Put the faster ones in place; again does nothing more."""
    # moto looks through a class of hundreds of methods at every call; the class never changes.
    setattr(responses, "method_names_from_class", functools.cache(method_names_from_class))  # noqa: B010
    # moto reads AWS's 1,400 policies from 4.7 MB of JSON for every account that begins.
    setattr(IAMBackend, "_init_aws_policies", _aws_policies)  # noqa: B010
    # moto chooses 45,000 letters one by one for the volumes of AWS's images, in every region that begins.
    setattr(utils, "random_resource_id", _resource_id)  # noqa: B010


def _resource_id(size: int = 8) -> str:
    """So many hexadecimal digits, from moto's own source of chance."""
    return f"{mock_random.getrandbits(4 * size):0{size}x}"


def _aws_policies(backend: IAMBackend) -> list[ManagedPolicy]:
    return [_own(policy) for policy in _policies(backend.account_id, backend.region_name)]


@functools.cache
def _policies(account: str, region: str) -> list[ManagedPolicy]:
    whose: Any = SimpleNamespace(account_id=account, region_name=region)
    return _read_policies(whose)


def _own(policy: ManagedPolicy) -> ManagedPolicy:
    """A copy whose attachments and versions are its own."""
    twin = copy.copy(policy)
    for name, value in vars(policy).items():
        if isinstance(value, list | dict):
            setattr(twin, name, copy.copy(value))
    return twin
