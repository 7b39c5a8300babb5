"""Whether people come by one log-in (B10), and under which name; pure."""

from __future__ import annotations

from dataclasses import dataclass

from infra.single_sign_on import told
from infra.specs.single_sign_on import SingleSignOnSpec
from stacks.settings import Settings


@dataclass(frozen=True)
class LogIn:
    """What services are told of it.

    Attributes:
        spec: the issuer and its clients.
        host: the gateway's host name, under whose paths their pages are.
    """

    spec: SingleSignOnSpec
    host: str

    @property
    def origin(self) -> str:
        """What a browser says where it comes from."""
        return f"https://{self.host}"


def log_in(settings: Settings) -> LogIn | None:
    """None where everybody keeps his own log-in."""
    spec, gateway = settings.services.single_sign_on, settings.services.gateway
    if "single_sign_on" not in settings.enabled or spec is None or gateway is None:
        return None
    return LogIn(spec, gateway.hostname)


def grafana(found: LogIn | None) -> dict[str, object]:
    """Sections of ``grafana.ini``; empty for users of its own."""
    return told.grafana(found.spec, found.host) if found and found.spec.clients.grafana else {}


def argo_cd(found: LogIn | None) -> dict[str, dict[str, object]]:
    """Parts of Argo CD's ``configs``; empty for its own administrator."""
    return told.argo_cd(found.spec, found.host) if found and found.spec.clients.argo_cd else {}
