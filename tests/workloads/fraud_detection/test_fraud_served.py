"""The worked example through real parts: Kubeflow's local runner, and the real Triton with its export (D).

The Triton runs as the slot's own pod says: fetched by its script, with its arguments. Simulated: the pods of
the pipeline's steps (processes), and Argo CD (its REST API, answered by a stand-in).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import httpx
import numpy as np
import pytest
import yaml
from kfp import compiler, local
from moto.server import ThreadedMotoServer

from infra.specs.triton import ModelSpec, TritonSpec
from infra.triton import pod
from sandbox.ports import free_ports
from sandbox.processes import Supervisor
from sandbox.servers import triton
from sandbox.servers.triton import Here
from sandbox.toolchain import Tool, Toolchain
from workloads.fraud_detection import exporting, training
from workloads.fraud_detection.pipeline import fraud_detection
from workloads.fraud_detection.preparing import FEATURES, features, labels
from workloads.fraud_detection.syncing import ArgoCd, SyncError
from workloads.fraud_detection.transactions import payments
from workloads.patterns import pods, release
from workloads.patterns.migration import Names
from workloads.state import Slot

IMAGE = f"registry.example/x@sha256:{'0' * 64}"
CARDS, SEED = 200, 1
COMMIT = "c0ffee"


@dataclass
class Serving:
    """A slot's Triton, and the rows and scores of the model that it was given."""

    url: str
    rows: Any
    scores: Any

    def ask(self, outputs: list[str]) -> dict[str, Any]:
        """Answers by name."""
        tensor = {"name": "features", "shape": list(self.rows.shape), "datatype": "FP32"}
        body = {
            "inputs": [{**tensor, "data": self.rows.ravel().tolist()}],
            "outputs": [{"name": name} for name in outputs],
        }
        url = f"{self.url}/v2/models/fraud-detection/infer"
        answer = httpx.post(url, json=body, timeout=30, trust_env=False)
        assert answer.is_success, answer.text
        return {
            item["name"]: np.array(item["data"]).reshape(item["shape"]) for item in answer.json()["outputs"]
        }


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The model that the pipeline will train, exported, published, fetched and served."""
    chain = Toolchain.locate()
    chain.ensure([Tool.TRITON])
    state = tmp_path_factory.mktemp("slot")
    known = payments(CARDS, SEED)
    model = training.train(features(known), labels(known), training.Parameters())
    content = exporting.files(model, 0)
    aws, http, grpc, metrics = free_ports(4)
    store, endpoint = ThreadedMotoServer("127.0.0.1", aws, verbose=False), f"http://127.0.0.1:{aws}"
    store.start()
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=endpoint, **keys)
    s3.create_bucket(Bucket="models")
    for name, body in content.items():
        s3.put_object(Bucket="models", Key=f"fraud-detection/1/{name}", Body=body)
    template = _slot(exporting.digest(content["manifest.json"]))
    fetch, container = triton.containers(template)
    folders = {path: state / path.strip("/") for path in triton.mounted([fetch, container])}
    for folder in folders.values():
        folder.mkdir(parents=True)
    (folders[pod.FETCH] / "fetch.py").write_text(pod.SCRIPT)
    here = Here(folders, {"http": http, "grpc": grpc, "metrics": metrics}, chain.path(Tool.TRITON))
    told = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": endpoint}
    with Supervisor(state) as supervisor:
        child = supervisor.launch(triton.fetching(fetch, here, told))
        assert child.process.wait(120) == 0
        supervisor.start(triton.serving(container, here, "triton"))
        rows = features(payments(CARDS, SEED + 1))[:40]
        yield Serving(f"http://127.0.0.1:{http}", rows, training.predict(model, rows))
    store.stop()


def _slot(digest: str) -> dict[str, Any]:
    """The pod of a slot that holds this version, as Argo CD's repository describes it."""
    model = ModelSpec(name="fraud-detection", prefix="fraud-detection/1/", digest=digest)
    spec = TritonSpec(image=IMAGE, fetch_image=IMAGE, model=model, gpus=0)
    place = pods.Place(Names("fraud-detection"), IMAGE, "us-east-1")
    found: dict[str, Any] = release.served(place, Slot.GREEN, spec, "models")[0]["spec"]["template"]
    return found


def test_real_triton_answers_with_what_was_trained(serving: Serving) -> None:
    """D: through the exported folder, its config and the slot's own pod."""
    given = serving.ask(["score"])["score"][:, 0]
    assert np.abs(given - serving.scores).max() < 1e-5


# --- the pipeline -------------------------------------------------------------------------------------------


@dataclass
class Syncing:
    """A stand-in for Argo CD's API: what was asked, and what it answers next."""

    states: list[dict[str, Any]]
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, method: str, path: str) -> dict[str, Any]:
        """The next state; the last one stays."""
        self.asked.append((method, path))
        if method != "GET":
            return {}
        return {"status": self.states.pop(0) if len(self.states) > 1 else self.states[0]}


def state(phase: str, health: str, revision: str = COMMIT, message: str = "") -> dict[str, Any]:
    return {
        "operationState": {"phase": phase, "message": message},
        "health": {"status": health},
        "sync": {"status": "Synced", "revision": revision},
    }


@pytest.fixture
def argo() -> Iterator[tuple[str, Syncing]]:
    """Argo CD over HTTP."""
    told = Syncing([state("Succeeded", "Healthy")])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._say("POST")

        def do_GET(self) -> None:
            self._say("GET")

        def _say(self, method: str) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.dumps(told.answer(method, self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", told
    server.shutdown()
    server.server_close()


def ran(folder: Path, argo_cd: str, endpoint: str, cards: int = CARDS) -> set[str]:
    """Run the pipeline through Kubeflow's local runner; the steps that ran."""
    local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=str(folder), raise_on_error=True)
    fraud_detection(IMAGE)(cards=cards, seed=SEED, argo_cd=argo_cd, revision=COMMIT, endpoint=endpoint)
    return {path.name for run in folder.iterdir() for path in run.iterdir()}


def test_pipeline_trains_deploys_and_asks_the_slot(
    serving: Serving, argo: tuple[str, Syncing], tmp_path: Path
) -> None:
    """D: the gate passes, so it exports, syncs, waits, and the real Triton answers as the model does."""
    url, told = argo
    assert ran(tmp_path, url, serving.url) >= {"preprocess", "fit", "evaluate", "export", "sync", "ask"}
    assert told.asked[0] == ("POST", "/api/v1/applications/fraud-detection/sync")
    (text,) = tmp_path.rglob("config.pbtxt")
    assert exporting.checked(text.read_text()).name == "fraud-detection"
    (why,) = tmp_path.rglob("explanations")
    adds = json.loads(why.read_text())
    assert set(adds) == {*FEATURES, "nothing"}
    assert adds["amount_zscore_30d"] > adds["chip_share_30d"], "C3: what was planted is what it says"


def test_pipeline_deploys_nothing_when_the_gate_refuses(argo: tuple[str, Syncing], tmp_path: Path) -> None:
    """D: too few cards to learn from; nobody is asked to deploy anything."""
    url, told = argo
    assert ran(tmp_path, url, "http://127.0.0.1:1", cards=3) == {"preprocess", "fit", "evaluate"}
    assert told.asked == []


def test_pipeline_is_kubeflows_and_its_steps_pinned(tmp_path: Path) -> None:
    """D: compiled; each step's image by digest, a GPU for training in production only."""
    compiled = [_compiled(gpus, tmp_path / f"{gpus}.yaml") for gpus in (0, 1)]
    steps = compiled[0]["deploymentSpec"]["executors"]
    assert {step["container"]["image"] for step in steps.values()} == {IMAGE}
    assert "resources" not in steps["exec-fit"]["container"]
    wanted = compiled[1]["deploymentSpec"]["executors"]["exec-fit"]["container"]["resources"]
    assert wanted["accelerator"]["resourceType"] == "nvidia.com/gpu"


def _compiled(gpus: int, path: Path) -> dict[str, Any]:
    compiler.Compiler().compile(fraud_detection(IMAGE, gpus), str(path))
    found: dict[str, Any] = next(iter(yaml.safe_load_all(path.read_text())))
    return found


# --- sync and wait ------------------------------------------------------------------------------------------


def deploy(states: list[dict[str, Any]]) -> Syncing:
    """Sync with a clock that runs when somebody waits."""
    told, clock = Syncing(states), [0.0]

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=told.answer(request.method, request.url.path))

    def wait(seconds: float) -> None:
        clock[0] += seconds

    with httpx.Client(transport=httpx.MockTransport(handle), base_url="http://argo") as client:
        try:
            ArgoCd(client, wait, lambda: clock[0]).deploy("fraud-detection", COMMIT)
        except SyncError as error:
            told.asked.append(("ERROR", str(error)))
    return told


def test_sync_waits_until_this_commit_is_healthy() -> None:
    """D: an older commit that is healthy is not what was asked for."""
    states = [
        state("Running", "Healthy", "older"),
        state("Succeeded", "Healthy", "older"),
        state("Succeeded", "Progressing"),
        state("Succeeded", "Healthy"),
    ]
    assert [method for method, _ in deploy(states).asked] == ["POST", "GET", "GET", "GET", "GET"]


@pytest.mark.parametrize(
    ("states", "words", "ended"),
    [
        ([state("Failed", "Missing", message="no such digest")], "no such digest", False),
        ([state("Succeeded", "Degraded")], "degraded", False),
        ([state("Running", "Progressing")], "not healthy after 600 s", True),
    ],
)
def test_a_failed_sync_says_so_and_leaves_nothing_running(
    states: list[dict[str, Any]], words: str, ended: bool
) -> None:
    """D: failure handling; the version before answers on."""
    asked = deploy(states).asked
    method, sentence = asked[-1]
    assert method == "ERROR"
    assert words in sentence
    assert "the version before answers on" in sentence
    assert (("DELETE", "/api/v1/applications/fraud-detection/operation") in asked) == ended
