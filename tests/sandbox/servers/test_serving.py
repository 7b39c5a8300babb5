"""The real Triton serves a model that its pod's own script fetched, and goes on alone (B4).

On CPU, asked directly. Not proved here: the way through the Gateway, and a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from moto.server import ThreadedMotoServer

from infra.triton import pod
from sandbox.ports import free_ports
from sandbox.processes import Supervisor
from sandbox.servers import triton
from sandbox.servers.triton import Here
from sandbox.toolchain import Tool, Toolchain
from tests.sandbox.servers import model


@dataclass
class Served:
    """A pod that runs here, and the store that its model came from."""

    url: str
    metrics: str
    fetched: int
    again: int
    store: ThreadedMotoServer
    endpoint: str

    def infer(self) -> list[float]:
        """One inference by the Open Inference Protocol."""
        url = f"{self.url}/v2/models/churn/infer"
        answer = httpx.post(url, json=model.INFER, timeout=10.0, trust_env=False).raise_for_status()
        data: list[float] = answer.json()["outputs"][0]["data"]
        return data


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Published, fetched, loaded; the init container runs twice, as after a restart."""
    chain = Toolchain.locate()
    chain.ensure([Tool.TRITON])
    state = tmp_path_factory.mktemp("pod")
    aws, http, grpc, metrics = free_ports(4)
    store, endpoint = ThreadedMotoServer("127.0.0.1", aws, verbose=False), f"http://127.0.0.1:{aws}"
    store.start()
    model.publish(endpoint)
    template = pod.template("churn", model.SPEC, model.BUCKET, "us-east-1", "on-demand")
    fetch, container = triton.containers(template)
    folders = {path: state / path.strip("/") for path in triton.mounted([fetch, container])}
    for folder in folders.values():
        folder.mkdir(parents=True)
    (folders[pod.FETCH] / "fetch.py").write_text(pod.SCRIPT)
    ports = {"http": http, "grpc": grpc, "metrics": metrics}
    here = Here(folders, ports, chain.path(Tool.TRITON))
    with Supervisor(state) as supervisor:
        codes = [_fetch(supervisor, fetch, here, endpoint) for _ in range(2)]
        supervisor.start(triton.serving(container, here, "triton"))
        yield Served(
            f"http://127.0.0.1:{http}", f"http://127.0.0.1:{metrics}", codes[0], codes[1], store, endpoint
        )


def _fetch(supervisor: Supervisor, container: triton.Object, here: Here, endpoint: str) -> int:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": endpoint}
    child = supervisor.launch(triton.fetching(container, here, keys))
    code = child.process.wait(120)
    supervisor.stop(child)
    return code


def test_published_model_is_fetched_and_answers(served: Served) -> None:
    """B4: the pod's own script, arguments and readiness probe; the Open Inference Protocol."""
    assert (served.fetched, served.again) == (0, 0)
    assert served.infer() == pytest.approx([model.SCORE], abs=1e-6)


def test_figure_that_the_autoscaler_watches_is_served(served: Served) -> None:
    """B4."""
    text = httpx.get(f"{served.metrics}/metrics", trust_env=False).text
    assert 'nv_inference_queue_duration_us{model="churn"' in text
    assert 'nv_inference_request_success{model="churn"' in text


def test_no_request_loads_another_model(served: Served) -> None:
    """B4: explicit control; a model that lies in the cache and was not named is not there."""
    answer = httpx.get(f"{served.url}/v2/models/another/ready", trust_env=False)
    assert not answer.is_success


def test_inference_goes_on_without_the_store(served: Served) -> None:
    """B4: S3 is stopped; an API server and an MLflow were never there."""
    served.store.stop()
    assert not triton.answers(served.endpoint)
    assert [served.infer() for _ in range(20)] == [pytest.approx([model.SCORE], abs=1e-6)] * 20
