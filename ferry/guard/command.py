"""``ferry guard``, ``ferry watchdog`` and ``ferry rollback``: three verbs around one route."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from typing import Annotated

import boto3
import typer
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException
from rich.console import Console

from ferry.guard.cluster import FAILURES, Cluster, connect
from ferry.guard.listening import Ears
from ferry.guard.loop import Guard
from ferry.guard.proof import Aside, Proof
from ferry.guard.reporting import Report
from ferry.guard.safety import RollbackError, Watchdog, roll_back
from workloads.catalogue import CATALOGUE
from workloads.patterns.migration import Names
from workloads.patterns.programs import METRICS
from workloads.spec import WorkloadSpec

Name = Annotated[str, typer.Argument(help="The workload, as in `ferry:workloads`.")]
Context = Annotated[str | None, typer.Option(help="Context of your kubeconfig; in a pod, none.")]
Kubeconfig = Annotated[str | None, typer.Option(envvar="KUBECONFIG", help="By default ~/.kube/config.")]
_FORBIDDEN = 403


def guard(  # noqa: PLR0917 - an option each; Typer calls it by name
    name: Name,
    namespace: Annotated[str | None, typer.Option(help="Must be the workload's own.")] = None,
    metrics_port: Annotated[int, typer.Option(help="For /metrics and /healthz.")] = METRICS,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "0.0.0.0",  # noqa: S104 - in a pod
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Watch one workload's platform and move its weight: down in seconds, up only on evidence.

    Runs until SIGTERM (code 0). Two of them on one workload do no harm: a lease says whose turn it is.

    \b
      ferry guard churn --namespace churn                    in its pod
      ferry guard churn --context prod --host 127.0.0.1      from a machine, for a look at what it would do
    """
    spec = _known(name)
    names = Names(name)
    if namespace not in (None, names.namespace):
        raise typer.BadParameter(f"{name} lives in the namespace {names.namespace}, not in {namespace}")
    report = Report(name, slo=spec.slo)
    report.serve(host, metrics_port)
    me = f"{socket.gethostname()}-{os.getpid()}"
    cluster = _cluster(names, context, kubeconfig)
    Guard(me, cluster, Ears(names), Aside(Proof(boto3.Session(), spec)), report).run(_until_ended())


def watchdog(name: Name, context: Context = None, kubeconfig: Kubeconfig = None) -> None:
    """Lower a workload's weight to the safe one when its guard has been silent for 20 seconds.

    A process of its own, on a node of its own: whatever stops the guard should not stop this.

    \b
      ferry watchdog churn
    """
    _known(name)
    Watchdog(_cluster(Names(name), context, kubeconfig)).run(_until_ended())


def rollback(
    name: Name,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Give all of a workload's traffic back to the old system, now, and hold it there.

    Needs no guard, no `pulumi up` and no evidence. It stays until a reviewed change raises the epoch.
    Exit code 0 once it is written, 1 if it could not be.

    \b
      ferry rollback fraud-detection --context prod
    """
    _known(name)
    console, began = Console(stderr=as_json), time.monotonic()
    try:
        with console.status(f"Taking {name} back"):
            rolled = roll_back(_cluster(Names(name), context, kubeconfig))
    except RollbackError as error:
        raise _ended(console, str(error)) from None
    except FAILURES as error:
        raise _ended(console, _refused(name, error)) from None
    seconds = time.monotonic() - began
    if as_json:
        answer = {"workload": name, "before": rolled.before, "after": rolled.after}
        typer.echo(json.dumps({**answer, "latched_epoch": rolled.epoch, "seconds": round(seconds, 3)}))
        return
    console.print(
        f"{name}: {rolled.before}% → {rolled.after}% in {seconds:.1f} s, latched in epoch {rolled.epoch}.",
        highlight=False,
    )
    if rolled.epoch is not None:
        line = f"pulumi config set --path 'ferry:workloads.{name}.epoch' {rolled.epoch + 1}"
        console.print(f"When it is mended: {line}", markup=False, highlight=False, soft_wrap=True)


def _refused(name: str, error: Exception) -> str:
    names = Names(name)
    if isinstance(error, ApiException) and error.status == _FORBIDDEN:
        way = f"Ask for the role that may patch httproutes in {names.namespace}."
    else:
        way = "Look at --context and your way to the API server (`kubectl get --raw /readyz`)."
    by_hand = f"kubectl -n {names.namespace} edit httproute {names.overlay}"
    text = str(error).splitlines()[0][:300]
    return (
        f"{name} could not be taken back ({text}), so its traffic is as before. {way} By hand: `{by_hand}`."
    )


def _known(name: str) -> WorkloadSpec:
    spec = CATALOGUE.get(name)
    if spec is None or not spec.pattern.moves:
        known = ", ".join(item.name for item in CATALOGUE.values() if item.pattern.moves)
        raise typer.BadParameter(f'there is no workload "{name}" that moves; known are {known}')
    return spec


def _cluster(names: Names, context: str | None, kubeconfig: str | None) -> Cluster:
    try:
        return Cluster(connect(context, kubeconfig), names)
    except ConfigException as error:
        raise typer.BadParameter(
            f"no cluster is known here ({error}); `aws eks update-kubeconfig --name <cluster>` writes one"
        ) from None


def _until_ended() -> threading.Event:
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    return over


def _ended(console: Console, text: str) -> typer.Exit:
    console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)
