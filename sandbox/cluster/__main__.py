"""All stand-ins of a world: ``FERRY_WORLD=… python -m sandbox.cluster``. Prints ``ready`` once they watch."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading

from sandbox.cluster.authenticator import Authenticator
from sandbox.cluster.aws import Aws
from sandbox.cluster.balancers import Balancers
from sandbox.cluster.charts import Charts
from sandbox.cluster.karpenter import Host
from sandbox.cluster.ledger import Ledger
from sandbox.cluster.nodegroups import NodeGroups
from sandbox.cluster.volumes import Volumes
from sandbox.controlplane.client import Client
from sandbox.processes import Supervisor
from sandbox.worldspec import WorldError, WorldSpec
from stacks import garbage

RECORD = "cluster-processes.json"


def main() -> int:
    """Stand in until SIGTERM."""
    garbage.seldom()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        spec = WorldSpec.from_environment()
    except WorldError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with contextlib.ExitStack() as stack:
        supervisor = stack.enter_context(Supervisor(spec.state, RECORD))
        client, aws, ledger = Client.of(spec), Aws(spec), Ledger(spec.simulated)
        stack.enter_context(Authenticator(spec, client, aws, ledger))
        for loop in (
            Charts(spec, client, Host(spec, client, supervisor), ledger).loop(),
            NodeGroups(spec, client, aws, ledger).loop(),
            Volumes(spec, client, aws, ledger).loop(),
            Balancers(client, aws, ledger).loop(),
        ):
            stack.enter_context(loop)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        over.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
