"""``ferry run``: one tick of a workload's clock, as its CronJob takes it. Thin."""

from __future__ import annotations

import json
from typing import Annotated

import httpx
import typer

from ferry.runs.deciding import Decision, decide
from ferry.runs.kubeflow import Kubeflow, UnknownError, request

SECONDS = 30.0


def run(
    name: Annotated[str, typer.Argument(help="The pipeline, called after its workload: fraud-detection.")],
    account: Annotated[str, typer.Option(help="Service account of the run's steps.")],
    title: Annotated[str, typer.Option("--as", help="Name of the run: the same for each try.", envvar="JOB")],
    api: Annotated[str, typer.Option(help="Address of Kubeflow Pipelines' API.")] = (
        "http://ml-pipeline.kubeflow.svc:8888"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Start the newest version of a workload's pipeline, unless a run of it is still under way.

    Exit code 1 if Kubeflow cannot be asked or knows no such pipeline; a run that is left out is none.

    \b
      ferry run fraud-detection --account fraud-detection-training --as fraud-detection-29381760
    """
    try:
        with httpx.Client(base_url=api, timeout=SECONDS) as client:
            decision, started = tick(Kubeflow(client), name, title, account)
    except (UnknownError, httpx.HTTPError) as error:
        typer.echo(
            f"{name}: {error}, so no run was started. Upload the pipeline (docs/operate/pipelines.md), or "
            "look at the API server; the next tick tries again.",
            err=True,
        )
        raise typer.Exit(1) from None
    said = {"pipeline": name, "run": title, "decision": str(decision), "id": started}
    typer.echo(json.dumps(said) if as_json else f"{name}: {WORDS[decision]} ({title})")


WORDS = {
    Decision.START: "a run was started",
    Decision.THERE: "this run had been started before",
    Decision.BUSY: "another run is still under way, so this one is left out",
}


def tick(kubeflow: Kubeflow, name: str, title: str, account: str) -> tuple[Decision, str]:
    """Decide and do; the id of a run that was started."""
    pipeline, version = kubeflow.pipeline(name)
    decision = decide(kubeflow.runs(), pipeline, title)
    if decision is not Decision.START:
        return decision, ""
    return decision, kubeflow.start(request(title, pipeline, version, account))
