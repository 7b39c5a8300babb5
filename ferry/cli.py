"""The `ferry` command: one verb per file, all of them here by name."""

from __future__ import annotations

import typer

from ferry.adapter.command import app as adapter
from ferry.assess import assess
from ferry.availability import availability
from ferry.bootstrap import bootstrap
from ferry.charts import app as charts
from ferry.cost import cost
from ferry.doctor import doctor
from ferry.drift import drift
from ferry.gates.command import gate
from ferry.guard.command import guard, rollback, watchdog
from ferry.images import app as images
from ferry.preview import preview
from ferry.reconcile import reconcile
from ferry.rehearsal.command import rehearse
from ferry.status import status

app = typer.Typer(
    name="ferry",
    help="Carry machine-learning workloads to one platform on AWS, rehearsed on this machine first.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals may hold credentials
)
app.command()(rehearse)
app.command()(bootstrap)
app.command()(assess)
app.command()(doctor)
app.command()(reconcile)
app.command()(status)
app.add_typer(charts, name="charts", no_args_is_help=True)
app.add_typer(images, name="images", no_args_is_help=True)
app.command()(cost)
app.command()(gate)
app.command()(preview)
app.command()(availability)
app.command()(drift)
app.add_typer(adapter, name="adapter", no_args_is_help=True)
for verb in (guard, watchdog, rollback):
    app.command()(verb)
