"""The Kubeflow pipeline (D): preprocess, train, evaluate, gate, export, sync and wait, inference test.

A step's code is a function with its imports inside, because Kubeflow ships its source alone; the image holds
this package. Without ``from __future__ import annotations``: Kubeflow reads the types.

Nothing is deployed unless the gate passes; the test in the end asks the slot, not the callers' way in.
"""

from collections.abc import Callable
from typing import Any

from kfp import dsl

Pipeline = Any
"""Kubeflow's compiled pipeline function, which has no public type."""
NAME = "fraud-detection"
TRIES = 2
"""How often a step is tried again: a spot node may go."""


def _step(image: str) -> Callable[..., Any]:
    made: Callable[..., Any] = dsl.component(base_image=image, install_kfp_package=False)
    return made


def preprocess(cards: int, seed: int, train: dsl.Output[dsl.Dataset], test: dsl.Output[dsl.Dataset]) -> None:
    """Payments of other cards for the test: a card is never on both sides."""
    import numpy as np  # noqa: PLC0415 - Kubeflow ships the function's source alone

    from workloads.fraud_detection.preparing import features, labels  # noqa: PLC0415 - see above
    from workloads.fraud_detection.transactions import payments  # noqa: PLC0415 - see above

    for artifact, number in ((train, seed), (test, seed + 1)):
        rows = payments(cards, number)
        with open(artifact.path, "wb") as file:  # noqa: PTH123 - the artifact's path is text
            np.savez(file, rows=features(rows), truth=labels(rows))
        artifact.metadata["rows"] = len(rows)


def fit(
    train: dsl.Input[dsl.Dataset],
    learning_rate: float,
    hidden_dim: int,
    dropout: float,
    model: dsl.Output[dsl.Model],
) -> None:
    """One training run."""
    import numpy as np  # noqa: PLC0415 - see above

    from workloads.fraud_detection import training  # noqa: PLC0415 - see above

    with np.load(train.path) as found:
        chosen = training.Parameters(learning_rate, hidden_dim, dropout)
        training.train(found["rows"], found["truth"], chosen).save_model(model.path)


def evaluate(
    model: dsl.Input[dsl.Model],
    test: dsl.Input[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    explanations: dsl.Output[dsl.Artifact],
) -> str:
    """Judge on other cards and say why; ``accepted`` or ``refused``. Printed as Katib's collector reads."""
    import json  # noqa: PLC0415 - see above

    import lightgbm  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415 - see above

    from workloads.fraud_detection import training  # noqa: PLC0415 - see above
    from workloads.fraud_detection.preparing import FEATURES  # noqa: PLC0415 - see above

    with np.load(test.path) as found:
        booster = lightgbm.Booster(model_file=model.path)
        judged = training.score(found["truth"], training.predict(booster, found["rows"]))
        why = np.abs(training.explain(booster, found["rows"])).mean(axis=0)
    with open(explanations.path, "w") as file:  # noqa: PTH123 - see above
        json.dump(dict(zip((*FEATURES, "nothing"), why.tolist(), strict=True)), file)
    for name in ("auc", "accuracy", "f1", "rows"):
        metrics.log_metric(name, getattr(judged, name))
    print(f"test_auc_roc={judged.auc:.6f}")  # noqa: T201 - Katib's collector reads the output
    return "accepted" if judged.accepted else "refused"


def export(model: dsl.Input[dsl.Model], gpus: int, exported: dsl.Output[dsl.Model]) -> str:
    """Triton's layout as one folder; gives the digest that names the version."""
    from pathlib import Path  # noqa: PLC0415 - see above

    import lightgbm  # noqa: PLC0415 - see above

    from workloads.fraud_detection import exporting  # noqa: PLC0415 - see above

    return exporting.write(Path(exported.path), lightgbm.Booster(model_file=model.path), gpus)


def sync(argo_cd: str, revision: str, digest: str) -> str:
    """Let Argo CD bring the commit with this version into the idle slot, and wait until it is healthy."""
    import os  # noqa: PLC0415 - see above

    import httpx  # noqa: PLC0415 - see above

    from workloads.fraud_detection.syncing import ArgoCd  # noqa: PLC0415 - see above

    token = os.environ.get("ARGOCD_TOKEN", "")  # from external-secrets, never a parameter
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=argo_cd, headers=headers, timeout=20) as client:
        ArgoCd(client).deploy("fraud-detection", revision)
    return digest


def ask(endpoint: str, digest: str, model: dsl.Input[dsl.Model], test: dsl.Input[dsl.Dataset]) -> float:
    """Ask the slot about a few payments and compare with the model itself; the largest difference."""
    import httpx  # noqa: PLC0415 - see above
    import lightgbm  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415 - see above

    from workloads.fraud_detection import training  # noqa: PLC0415 - see above

    with np.load(test.path) as found:
        rows = found["rows"][:16]
    wanted = training.predict(lightgbm.Booster(model_file=model.path), rows)
    tensor = {
        "name": "features",
        "shape": list(rows.shape),
        "datatype": "FP32",
        "data": rows.ravel().tolist(),
    }
    body = {"id": digest[:20], "inputs": [tensor], "outputs": [{"name": "score"}]}
    answer = httpx.post(f"{endpoint}/v2/models/fraud-detection/infer", json=body, timeout=20)
    answer.raise_for_status()
    (given,) = answer.json()["outputs"]
    difference = float(np.abs(np.array(given["data"]) - wanted).max())
    if difference > 1e-4:  # noqa: PLR2004 - what single precision loses over 300 trees
        raise RuntimeError(
            f"the slot's scores differ from the model's by {difference}: another model answers"
        )
    return difference


def fraud_detection(image: str, gpus: int = 0) -> Pipeline:
    """The pipeline for one image.

    Args:
        image: of the steps, by digest: production's holds CUDA, the rehearsal's does not.
        gpus: of the training step and of the exported model's instances.
    """
    steps = {step.__name__: _step(image)(step) for step in (preprocess, fit, evaluate, export, sync, ask)}

    @dsl.pipeline(name=NAME, description="Train, judge and deploy the fraud model")  # type: ignore[untyped-decorator] # the SDK has no types
    def pipeline(  # noqa: PLR0917 - the parameters of a run
        cards: int = 700,
        seed: int = 1,
        learning_rate: float = 0.01,
        hidden_dim: int = 128,
        dropout: float = 0.2,
        argo_cd: str = "https://argocd-server.argocd.svc",
        revision: str = "main",
        endpoint: str = "http://fraud-detection-green.fraud-detection.svc",
    ) -> None:
        prepared = steps["preprocess"](cards=cards, seed=seed).set_retry(TRIES)
        fitted = steps["fit"](
            train=prepared.outputs["train"],
            learning_rate=learning_rate,
            hidden_dim=hidden_dim,
            dropout=dropout,
        ).set_retry(TRIES)
        if gpus:
            fitted.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(gpus)
        judged = steps["evaluate"](model=fitted.outputs["model"], test=prepared.outputs["test"])
        with dsl.If(judged.outputs["Output"] == "accepted", name="gate"):
            exported = steps["export"](model=fitted.outputs["model"], gpus=gpus)
            synced = steps["sync"](argo_cd=argo_cd, revision=revision, digest=exported.outputs["Output"])
            steps["ask"](
                endpoint=endpoint,
                digest=synced.outputs["Output"],
                model=fitted.outputs["model"],
                test=prepared.outputs["test"],
            )

    return pipeline
