"""Everything of one crossing that runs, and the hands and eyes of whoever drives it.

A real API server, Envoy Gateway and Envoy; adapters, guard and load generator as programs; an endpoint that
checks signatures, and model servers that can be killed at will. It decides nothing.
"""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil
from kubernetes.client.exceptions import ApiException

from ferry.drill import estate, programs
from ferry.drill.estate import BUCKET, GATEWAY, PODS, REGION, WORKLOAD, Estate
from ferry.drill.programs import KEY, SECRET, Load
from ferry.guard.cluster import LOST, Cluster, connect
from infra.gateway import manifests
from sandbox.cluster.ledger import Ledger
from sandbox.cluster.releases import SECRET_TYPE, encode
from sandbox.controlplane.client import ApiError, Client
from sandbox.isolation import own_network
from sandbox.ports import answers, free_ports
from sandbox.processes import Child, Command, Supervisor
from sandbox.servers import gateway
from sandbox.servers.routes import KINDS
from sandbox.toolchain import Toolchain
from sandbox.world import Decision, World
from workloads.patterns import migration, routes
from workloads.patterns.migration import Migration, Names
from workloads.patterns.programs import METRICS

NAMES = Names(WORKLOAD)
URL = f"http://{PODS['proxy']}:{manifests.PORT}/v2/models/{WORKLOAD}/infer"
STATISTICS = f"http://{PODS['proxy']}:19001/stats/prometheus"
_PATIENCE_S = 5.0


def until(done: Callable[[], Any], seconds: float = 120.0) -> float:
    """Seconds until it was so.

    Raises:
        TimeoutError: it never was.
    """
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not so within {seconds:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - began


class Field:
    """One workload's crossing.

    Args:
        world: with a running API server.
        supervisor: whose children the programs become.
        aws: URL of an S3 that every program writes to.
        slots: those with a pod.

    Attributes:
        running: programs by name.
        practised: whether the guard is one that can be given its history.
    """

    def __init__(
        self, world: World, supervisor: Supervisor, aws: str, slots: tuple[str, ...] = ("blue",)
    ) -> None:
        self.spec = world.spec
        self.supervisor = supervisor
        self.client = Client.of(world.spec)
        self.kubeconfig = str(world.spec.admin_kubeconfig)
        self.cluster = Cluster(connect(None, self.kubeconfig), NAMES)
        self.slots = slots
        self.ports = dict(
            zip(("sagemaker", "report", "second", *slots), free_ports(3 + len(slots)), strict=True)
        )
        self.aws = programs.aws(aws, f"http://127.0.0.1:{self.ports['sagemaker']}")
        self.policy = world.spec.state / migration.POLICY
        self.running: dict[str, Child] = {}
        self.practised = False
        self.relay = contextlib.ExitStack()
        self.http = httpx.Client(timeout=_PATIENCE_S, trust_env=False)

    @property
    def envoy(self) -> Path:
        """Where Envoy and its Gateway live."""
        return self.spec.state / "envoy-gateway"

    # --- what `pulumi up` and a cluster make

    def build(self, now: Migration, *, guarded: bool = True) -> None:
        """Objects, then programs; returns before anybody is ready."""
        self.define(now)
        for name in ("sagemaker", *(f"model-{slot}" for slot in self.slots), "legacy", *self.slots):
            self.start(name)
        if guarded:
            self.start("guard")

    def define(self, now: Migration) -> None:
        """Objects only."""
        estate.definitions(self.spec, self.client)
        until(self._served)
        Estate(self.spec, self.client, ("legacy", *self.slots)).build(now)
        self._install()
        self.policy.write_text(migration.data(now)[migration.POLICY])

    def tell(self, now: Migration) -> None:
        """What a `pulumi up` changes with a stage."""
        Estate(self.spec, self.client).tell(now)

    def start(self, name: str, *more: str) -> Child:
        """Start an adapter (``legacy``, a slot), ``model-<slot>``, ``sagemaker``, ``guard``, ``watchdog``."""
        command = self._command(name, more)
        self.running[name] = self.supervisor.launch(command)
        return self.running[name]

    def stop(self, *names: str) -> None:
        """Ask them to end, and wait for it."""
        self.supervisor.stop(*(self.running.pop(name) for name in names))

    def kill(self, *names: str) -> None:
        """As a kernel out of memory does."""
        for name in names:
            self.running[name].process.send_signal(signal.SIGKILL)
        for name in names:
            self.running[name].process.wait(10)

    def _command(self, name: str, more: tuple[str, ...]) -> Command:
        config = f"--kubeconfig={self.kubeconfig}"
        if name == "sagemaker":
            return programs.sagemaker(self.ports["sagemaker"], *more)
        if name.startswith("model-"):
            return programs.model(name, self.ports[name.removeprefix("model-")], *more)
        if name == "guard" and self.practised:
            port = str(self.ports["report"])
            own: tuple[str, ...] = ("ferry.drill.practised", WORKLOAD, self.kubeconfig, port)
            return programs.python(name, *own, **self.aws)
        if name in ("guard", "second"):
            port = f"--metrics-port={self.ports['report' if name == 'guard' else name]}"
            own = ("ferry.guard", "guard", WORKLOAD, "--host=127.0.0.1", port, config)
            return programs.python(name, *own, *more, **self.aws)
        if name == "watchdog":
            return programs.python(name, "ferry.guard", "watchdog", WORKLOAD, config, *more)
        if name in self.slots:
            more = (f"--upstream=http://127.0.0.1:{self.ports[name]}", *more)
        return programs.adapter(name, self.policy, self.aws, *more)

    def _install(self) -> None:
        """Envoy Gateway's chart, as Helm would write it down."""
        document = {
            "name": "envoy-gateway",
            "namespace": manifests.NAMESPACE,
            "version": 1,
            "info": {"status": "deployed"},
            "chart": {"metadata": {"name": gateway.CHART, "version": "1.9.0"}, "values": {}},
            "config": manifests.values(2),
        }
        meta = {"name": "sh.helm.release.v1.envoy-gateway.v1", "namespace": manifests.NAMESPACE}
        data = {"release": encode(document)}
        self.client.apply(
            {"apiVersion": "v1", "kind": "Secret", "type": SECRET_TYPE, "metadata": meta, "data": data}
        )

    def _served(self) -> bool:
        try:
            return all(self.client.list(*kind) == [] for kind in KINDS)
        except ApiError:
            return False

    # --- hands

    def weigh(self, weight: int, *, latched: int | None = None, by_hand: bool = False) -> None:
        """Set a weight as the guard does, or by hand to one that is no step of his; again if he was first."""
        while True:
            try:
                return self._weigh_once(weight, latched, by_hand=by_hand)
            except ApiException as error:
                if error.status != LOST:
                    raise

    def _weigh_once(self, weight: int, latched: int | None, *, by_hand: bool) -> None:
        item = self.overlay()
        if by_hand:
            rule = item["spec"]["rules"][0]
            shares = {NAMES.legacy: 100 * (100 - weight), f"{WORKLOAD}-blue": 100 * weight}
            for reference in rule["backendRefs"]:
                if reference.get("kind") == "Service":
                    reference["weight"] = shares.get(reference["name"], 0)
            self.client.patch(item, {"spec": item["spec"]})
            return
        self.cluster.write(self.cluster.told(), routes.read(NAMES, item), weight, latched)

    def stale_write(self, item: dict[str, Any]) -> int:
        """Status of a write by somebody who read the route before it changed."""
        try:
            self.cluster.write(self.cluster.told(), routes.read(NAMES, item), 50, None)
        except ApiException as error:
            return int(error.status)
        return httpx.codes.OK

    def ask(self, key: str) -> int:
        """One request; its status, 0 if nothing came."""
        tensor = {"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [0.5, 1.0]}
        body, headers = {"id": key, "inputs": [tensor]}, {"Host": GATEWAY.hostname}
        try:
            return self.http.post(URL, json=body, headers=headers).status_code
        except httpx.HTTPError:
            return 0

    def load(self, name: str, *more: str, count: int | None = None) -> Load:
        """Start asking through the way in, so often or until it is ended; returns at once."""
        out = self.spec.state / f"{name}.json"
        out.unlink(missing_ok=True)
        limit = () if count is None else (f"--count={count}",)
        command = programs.load(name, out, URL, GATEWAY.hostname, *limit, *more)
        return Load(self.supervisor.launch(command), out)

    def forget(self) -> None:
        """Take the guard's route and its lease away, as before there ever was one."""
        meta = {"name": NAMES.overlay, "namespace": NAMES.namespace}
        self.client.delete({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta})
        self.remove_route()

    def remove_route(self) -> None:
        """Take the guard's route away."""
        meta = {"name": NAMES.overlay, "namespace": NAMES.namespace}
        self.client.delete({"apiVersion": routes.API_VERSION, "kind": routes.KIND, "metadata": meta})

    def told_raw(self, data: dict[str, str]) -> None:
        """Write a policy as it stands there."""
        meta = {"name": NAMES.migration, "namespace": NAMES.namespace}
        self.client.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})

    def listen(self) -> None:
        """Give Envoy's statistics where a proxy's pod gives them, until ``relay`` is closed."""
        self.relay.enter_context(gateway.statistics(self.envoy, PODS["proxy"]))

    def boto(self, service: str) -> Any:
        """A client of the emulated AWS."""
        return boto3.client(
            service,
            endpoint_url=self.aws["AWS_ENDPOINT_URL"],
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )

    # --- eyes

    def overlay(self) -> dict[str, Any]:
        """The guard's route."""
        item = self.cluster.overlay()
        if item is None:
            raise LookupError(f"there is no route {NAMES.overlay}")
        return item

    def read(self) -> dict[str, Any]:
        """Weight and latch, as the route says."""
        found = routes.read(NAMES, self.overlay())
        return {"weight": found.weight, "latched": found.latched}

    def warming(self) -> bool:
        """Whether the guard's route takes no request yet."""
        return routes.read(NAMES, self.overlay()).warming

    def get(self, url: str) -> str:
        """What is there; empty if nothing is."""
        try:
            answer = self.http.get(url)
        except httpx.HTTPError:
            return ""
        return (answer.text or "ok") if answer.is_success else ""

    def ready(self, part: str) -> bool:
        """Whether a part's adapter says that it would answer."""
        return bool(self.get(f"http://{PODS[part]}:8080/v2/health/ready"))

    def counts(self, part: str) -> dict[str, float]:
        """Its own count of requests, by labels."""
        text = self.get(f"http://{PODS[part]}:{METRICS}/metrics")
        lines = [line for line in text.splitlines() if line.startswith("inference_requests_total")]
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}

    def live(self, part: str, traffic: str = "live") -> float:
        """Requests of callers that a side has answered, or copies."""
        return sum(value for name, value in self.counts(part).items() if f'traffic="{traffic}"' in name)

    def answered(self) -> float:
        """Requests of callers that any side has answered."""
        return sum(self.live(part) for part in ("legacy", *self.slots))

    def since(self, part: str, number: int | None = None) -> dict[str, Any]:
        """Rows ``[key, score, ms, code, mirror]`` of a side from a number on, and the next number."""
        after = {} if number is None else {"after": str(number)}
        answer = self.http.get(f"http://{PODS[part]}:{METRICS}/answers", params=after).raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def statistics(self) -> str:
        """Envoy's."""
        return self.get(STATISTICS)

    def arrived(self) -> bool:
        """Whether requests are answered."""
        return self.ask("first") == httpx.codes.OK

    def by_overlay(self) -> bool:
        """Whether requests come by the guard's route."""
        wanted = f'endpoint_rq_success{{envoy_cluster_name="httproute/{WORKLOAD}/{NAMES.overlay}/rule/0"'
        lines = [line for line in self.statistics().splitlines() if wanted in line]
        return any(float(line.rsplit(" ", 1)[1]) > 0 for line in lines)

    def has_overlay(self) -> bool:
        """Whether Envoy has anything of the guard's route."""
        return f"httproute/{WORKLOAD}/{NAMES.overlay}/" in self.statistics()

    def cpu(self) -> dict[str, float]:
        """CPU seconds of everything that runs below this process, by program; its own as ``driver``."""
        found = {"driver": sum(psutil.Process().cpu_times()[:2])}
        names = {child.pid: name for name, child in self.running.items()}
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                name = names.get(process.pid) or process.name()
                found[name] = round(found.get(name, 0.0) + sum(process.cpu_times()[:2]), 1)
        return found

    def dump(self) -> dict[str, Any]:
        """What Envoy was really told."""
        return gateway.config_dump(self.envoy)


@contextlib.contextmanager
def opened(state: Path, slots: tuple[str, ...] = ("blue",)) -> Iterator[tuple[Field, World]]:
    """A field in a network of its own: API server, S3 and Envoy Gateway's keeper run; nothing else yet.

    Raises:
        IsolationError: this process has no network of its own.
        WorldError: a tool is missing.
        ProcessError: a part did not come up.
    """
    own_network(estate.NETWORK, estate.MASK)
    (port,) = free_ports(1)
    toolchain = Toolchain.locate()
    decision = Decision(
        environment="drill",
        region=REGION,
        account=estate.ACCOUNT,
        cluster_name="ferry-drill",
        tools=toolchain.paths(),
        crds=toolchain.crds,
        stages=toolchain.stages,
        state=state,
    )
    store = programs.store(port)
    with World(decision, keep=True) as world, Supervisor(state, "drill.json") as supervisor:
        supervisor.launch(store)
        world.start_api_server()
        until(lambda: answers(port))
        field = Field(world, supervisor, f"http://127.0.0.1:{port}", slots)
        field.boto("s3").create_bucket(Bucket=BUCKET)
        keeper = gateway.Gateways(world.spec, field.client, supervisor, Ledger(world.spec.simulated))
        field.listen()
        with keeper.loop(), field.relay:
            yield field, world


def written(field: Field) -> dict[str, list[str]]:
    """Predictions that adapters wrote down, by side."""
    s3 = field.boto("s3")
    lines: dict[str, list[str]] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="predictions/"):
        for item in page.get("Contents", []):
            body = s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read().decode()
            lines.setdefault(item["Key"].split("/")[2], []).extend(body.splitlines())
    return lines


def note(seen: dict[str, Any], out: Path) -> None:
    """Write down what was seen."""
    out.write_text(json.dumps(seen))
