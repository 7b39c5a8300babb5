"""How models reach the cluster."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec


class ArgoCdSpec(Spec):
    """The repository that describes which version of a model goes where.

    Attributes:
        repository: URL of the git repository, ``https://github.com/example/models.git``; credentials are Argo
            CD's own Secrets, never part of the URL.
        revision: branch or tag that is followed. Default ``main``.
        domain: host name under which people reach Argo CD.
    """

    repository: str = Field(pattern=r"^(https://[^@\s]+|ssh://git@[^\s]+|git@[^\s:]+:[^\s]+)$")
    revision: str = Field(default="main", pattern=r"^[\w./-]+$")
    domain: str = Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
