"""Starting a control plane in the order in which its parts need each other, side by side where they don't."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from sandbox.controlplane import components
from sandbox.controlplane.client import ApiError, Client
from sandbox.controlplane.components import Plan
from sandbox.ports import answers
from sandbox.processes import Command, Supervisor

_READY_S = 90.0  # an idle machine takes 5 s; this one may be compiling
_GRACE_S = 1.0  # what they hold is thrown away, so they need no long goodbye


def start(supervisor: Supervisor, plan: Plan) -> None:
    """Start all five and return when the cluster takes work: default service account made, nodes simulated.

    Raises:
        ProcessError: one did not come up; the message shows its log.
    """
    client = Client.of(plan.spec)
    try:
        start_api_server(supervisor, plan, client)
        _together(supervisor, _rest(plan, client))
    finally:
        client.close()


def start_api_server(supervisor: Supervisor, plan: Plan, client: Client) -> None:
    """Start the store and the API server alone: objects are kept and judged, and nobody acts on them.

    Raises:
        ProcessError: one did not come up; the message shows its log.
    """
    supervisor.start(_command("etcd", components.etcd(plan), lambda: answers(plan.ports.etcd)))
    supervisor.start(_command("kube-apiserver", components.apiserver(plan), client.ready))


def _rest(plan: Plan, client: Client) -> list[Command]:
    ports = plan.ports
    return [
        _command(
            "kube-controller-manager",
            components.controller_manager(plan),
            lambda: _healthy(f"https://127.0.0.1:{ports.controller_manager}/healthz") and _settled(client),
        ),
        _command(
            "kube-scheduler",
            components.scheduler(plan),
            lambda: _healthy(f"https://127.0.0.1:{ports.scheduler}/readyz"),
        ),
        _command("kwok", components.kwok(plan), lambda: _healthy(f"http://127.0.0.1:{ports.kwok}/healthz")),
    ]


def _command(name: str, argv: Sequence[str], ready: Callable[[], bool]) -> Command:
    return Command(name, argv, {}, ready, _READY_S, _GRACE_S)


def _together(supervisor: Supervisor, commands: Sequence[Command]) -> None:
    """Start them side by side; the first failure is raised once all have been waited for."""
    with ThreadPoolExecutor(max_workers=len(commands)) as pool:
        for future in [pool.submit(supervisor.start, command) for command in commands]:
            future.result()


def _healthy(url: str) -> bool:
    try:
        # S501: their certificates are self-signed, made at start and never written; only the answer counts.
        return httpx.get(url, verify=False, timeout=2.0, trust_env=False).is_success  # noqa: S501
    except httpx.HTTPError:
        return False


def _settled(client: Client) -> bool:
    """Whether the controllers work: they make this account, and without it no pod is admitted."""
    try:
        return client.get("v1", "ServiceAccount", "default", "default") is not None
    except (ApiError, httpx.HTTPError):
        return False
