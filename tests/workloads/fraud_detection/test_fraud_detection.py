"""The worked example's model: what is planted, how good both sides are, what the gate says (D, C7).

Everything is measured here, on cards that neither side was trained on. That the real Triton answers with
these files is proved in ``test_fraud_served.py``.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from ferry.adapter.inference import dense
from ferry.gates.checks import TrainingRun
from ferry.gates.gate import Measured, Where, judge, verdict
from ferry.gates.rows import Prediction, Side
from tests.workloads.fraud_detection import sides
from workloads.catalogue import CATALOGUE
from workloads.evidence import Evidence, Kind, Verdict
from workloads.fraud_detection import exporting, served, training
from workloads.fraud_detection.legacy import inference
from workloads.fraud_detection.preparing import FEATURES, features
from workloads.fraud_detection.transactions import payments
from workloads.state import Stage

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FRAUD = CATALOGUE["fraud-detection"]


def test_payments_are_the_same_for_the_same_seed() -> None:
    """D."""
    assert payments(20, 7) == payments(20, 7)
    assert payments(20, 7) != payments(20, 8)
    found = payments(20, 7)
    assert [item.at for item in found] == sorted(item.at for item in found)
    assert len({item.key for item in found}) == len(found)


def test_no_feature_knows_the_future_or_the_label() -> None:
    """D: the features of a payment do not change with what comes after it, nor with its label."""
    found = sides.rows(1).payments[:3_000]
    turned = [type(item)(**{**vars(item), "fraud": not item.fraud}) for item in found]
    again = features(turned[:2_000])
    assert np.array_equal(again, sides.rows(1).rows[:2_000])


def test_signal_is_planted_and_noisy() -> None:
    """D: better than guessing, and nobody is perfect."""
    judged = training.score(sides.unseen().truth, training.predict(sides.platform(), sides.unseen().rows))
    assert training.ACCEPTED_AUC < judged.auc < 0.99
    amount = sides.unseen().rows[:, FEATURES.index("amount_zscore_30d")].astype(float)
    assert 0.55 < training.score(sides.unseen().truth, amount).auc < judged.auc - 0.05


def test_model_is_better_than_required_on_cards_that_it_never_saw() -> None:
    """D: AUC above 0.90, measured."""
    judged = training.score(sides.unseen().truth, training.predict(sides.platform(), sides.unseen().rows))
    assert judged.auc > 0.90
    assert judged.accepted
    assert judged.rows > 10_000


def test_a_model_that_could_not_be_judged_is_not_accepted() -> None:
    """D, C7: one class only says nothing."""
    nothing = training.score(np.zeros(10, dtype=bool), np.linspace(0, 1, 10))
    assert np.isnan(nothing.auc)
    assert not nothing.accepted


def side(scores: NDArray[np.float64], model: str, ms: float) -> Side:
    """Recorded answers, as an adapter would have recorded them."""
    digest = "sha256:" + model * 64
    return Side(
        {
            item.key: Prediction(key=item.key, model=digest, at=NOW, ms=ms, score=float(value))
            for item, value in zip(sides.unseen().payments, scores, strict=True)
        }
    )


def gated(platform: NDArray[np.float64], ms: float = 9.0) -> Evidence:
    """The real gate, over what both sides said about the same payments."""
    old = inference.predict_fn(sides.unseen().rows, sides.legacy())
    runs = [
        [TrainingRun(seed, seconds + seed / 10, "m5.xlarge") for seed in range(5)] for seconds in (10.0, 9.0)
    ]
    measured = Measured(
        legacy=side(np.asarray(old), "a", 12.0),
        platform=side(platform, "b", ms),
        truth={item.key: item.fraud for item in sides.unseen().payments},
        runs=(runs[0], runs[1]),
    )
    kinds = frozenset({Kind.PARITY, Kind.SLO, Kind.TRAINING})
    return judge(FRAUD, Where("dev", Stage.SHADOW, None), kinds, measured, NOW + timedelta(minutes=1))


def test_both_sides_are_at_parity_by_the_real_gate() -> None:
    """D, C7: paired, on cards that neither side was trained on; every metric has to pass."""
    evidence = gated(training.predict(sides.platform(), sides.unseen().rows))
    said = [(check.metric, check.verdict, check.note) for check in evidence.checks]
    assert verdict(evidence) is Verdict.PASS, said


@pytest.mark.parametrize("sabotage", ["turned", "blurred", "blind"])
def test_a_sabotaged_model_is_refused_by_the_real_gate(sabotage: str) -> None:
    """D, C7: turned upside down, noisy, or blind to what fraud looks like."""
    rows = sides.unseen().rows.copy()
    if sabotage == "blind":
        rows[:, FEATURES.index("amount_zscore_30d")] = 0
        rows[:, FEATURES.index("count_1h")] = 0
    scores = training.predict(sides.platform(), rows)
    if sabotage == "turned":
        scores = 1 - scores
    if sabotage == "blurred":
        scores = np.clip(scores + np.random.default_rng(1).normal(0, 0.2, len(scores)), 0, 1)
    assert verdict(gated(scores)) is Verdict.FAIL


def test_old_endpoint_speaks_its_own_language() -> None:
    """D: what the adapter really sends is what it reads."""
    rows = inference.input_fn(dense(sides.unseen().rows[:3].tolist()))
    body, kind = inference.output_fn(inference.predict_fn(rows, sides.legacy()))
    assert kind == "application/json"
    assert len(json.loads(body)["predictions"]) == 3
    with pytest.raises(ValueError, match="10 features"):
        inference.input_fn(dense([[1, 2]]))
    with pytest.raises(ValueError, match="not understood"):
        inference.input_fn("1,2", "text/csv")


# --- what is exported ---------------------------------------------------------------------------------------


def test_config_is_what_tritons_own_definition_reads() -> None:
    """D: and it names tensors as the code does."""
    found = exporting.checked(exporting.config(0))
    assert (found.name, found.backend) == ("fraud-detection", "python")
    assert [(item.name, list(item.dims)) for item in found.output] == [("score", [1])]
    assert list(found.input[0].dims) == [len(FEATURES)]
    with pytest.raises(exporting.ExportError, match="nothing was exported"):
        exporting.checked(exporting.config(0).replace("max_batch_size", "max_batch_sise"))


def test_gpu_and_cpu_differ_by_the_kind_of_instances_only() -> None:
    """D: production and rehearsal."""
    gpu, cpu = exporting.config(1), exporting.config(0)
    assert gpu.replace("KIND_GPU", "KIND_CPU") == cpu
    assert gpu != cpu


def test_exported_trees_score_as_the_trained_ones() -> None:
    """D: what is served is what was judged."""
    rows = sides.unseen().rows[:2_000].astype(np.float64)
    wanted = training.predict(sides.platform(), sides.unseen().rows[:2_000])
    assert np.abs(served.walk(exporting.trees(sides.platform()), rows) - wanted).max() < 1e-9


def test_manifest_names_every_file_by_its_digest() -> None:
    """D: the version's name is the digest of this list."""
    files = exporting.files(sides.platform(), 0)
    listed = json.loads(files["manifest.json"])["files"]
    assert set(listed) == set(files) - {"manifest.json"}
    assert all(exporting.digest(files[name]) == found for name, found in listed.items())
    assert {"config.pbtxt", "1/model.py", "1/trees.npz"} <= set(listed)


def test_explanations_add_up_to_the_score() -> None:
    """C3: exact, by the library that trained the trees."""
    rows = sides.unseen().rows[:50]
    odds = training.explain(sides.platform(), rows).sum(axis=1)
    assert np.abs(1 / (1 + np.exp(-odds)) - training.predict(sides.platform(), rows)).max() < 1e-6
