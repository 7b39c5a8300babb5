"""What an adapter understands and says (C6, C8): pure, by table."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ferry.adapter.batch import OutputError, rows_of, scheduled
from ferry.adapter.inference import (
    MisaskedError,
    Question,
    answer_of,
    dense,
    invocation,
    plain,
    predictions,
    question,
    scores_of,
)


def tensor(name: str, shape: list[int], data: list[object]) -> dict[str, object]:
    return {"name": name, "shape": shape, "datatype": "FP32", "data": data}


def asked(*inputs: dict[str, object], **more: object) -> bytes:
    return json.dumps({"inputs": inputs, **more}).encode()


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (asked(tensor("x", [1, 2], [1, 2])), ((1, 2),)),
        (asked(tensor("x", [2, 2], [1, 2, 3, 4])), ((1, 2), (3, 4))),
        (asked(tensor("x", [2, 2], [[1, 2], [3, 4]])), ((1, 2), (3, 4))),
        (asked(tensor("x", [2, 1], [1, 2]), tensor("y", [2], ["a", "b"])), ((1, "a"), (2, "b"))),
    ],
)
def test_tensors_become_rows_in_the_order_of_the_inputs(body: bytes, rows: object) -> None:
    assert question(body, "r").rows == rows


def test_both_sides_of_a_request_have_the_callers_key_or_else_the_gateways() -> None:
    """C7: rows are joined by it; a copy has the same."""
    assert question(asked(tensor("x", [1, 1], [1]), id="payment-9"), "gateway-1").keys == ("payment-9",)
    assert question(asked(tensor("x", [2, 1], [1, 2])), "gateway-1").keys == ("gateway-1/0", "gateway-1/1")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00binary",
        b"[]",
        b'{"inputs": []}',
        asked(tensor("x", [2, 2], [1, 2, 3])),
        asked(tensor("x", [], [])),
        asked(tensor("x", [2, 1], [1, 2]), tensor("y", [1, 1], [1])),
    ],
)
def test_what_is_no_request_is_refused_with_a_right_one(body: bytes) -> None:
    with pytest.raises(MisaskedError, match=r'so nobody was asked\. A right request: \{"id"'):
        question(body, "r")


def test_rows_are_written_as_each_old_system_takes_them() -> None:
    rows = Question("k", ((1.5, 2),), b"").rows
    assert json.loads(dense(rows)) == {"instances": [{"features": [1.5, 2]}]}
    assert json.loads(plain(rows)) == {"instances": [[1.5, 2]]}


def test_a_client_of_sagemaker_is_understood_and_the_platform_is_asked_in_the_protocol() -> None:
    """C5."""
    old = invocation(b'{"instances": [{"features": [1, 2]}, {"features": [3, 4]}]}', "r")
    assert (old.rows, old.keys, old.old) == (((1, 2), (3, 4)), ("r/0", "r/1"), True)
    assert question(old.body, "another").rows == old.rows
    with pytest.raises(MisaskedError, match=r'A right request: \{"instances"'):
        invocation(b'{"instances": [{"features": [1]}, {"features": []}]}', "r")


def test_old_answers_become_scores_in_order() -> None:
    assert predictions(b'{"predictions": [{"score": 0.25, "predicted_label": 0}, 0.5]}', 2) == (0.25, 0.5)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"predictions": [0.1]}', b'{"predictions": ["high", 1]}'])
def test_an_answer_without_a_score_for_each_row_is_no_answer(body: bytes) -> None:
    """C7: a missing row must not be filled up by its neighbour."""
    with pytest.raises(ValueError, match=r"scores|predictions|could not convert"):
        predictions(body, 2)


def test_of_a_model_servers_answer_the_likelier_classes_column_is_the_score() -> None:
    body = json.dumps({"outputs": [{"name": "p", "data": [[0.9, 0.1], [0.2, 0.8]]}]}).encode()
    assert scores_of(body, 2) == (0.1, 0.8)
    assert scores_of(answer_of([0.3], "m", "k").body, 1) == (0.3,)
    with pytest.raises(ValueError, match="1 scores for 2 rows"):
        scores_of(answer_of([0.3], "m", "k").body, 2)


# The third side leaves files.


@pytest.mark.parametrize(
    "text", ["key,score\na,0.5\nb,1\n", '{"key":"a","score":0.5}\n{"key":"b","score":1}\n']
)
def test_an_old_jobs_file_is_read_whichever_way_it_was_written(text: str) -> None:
    """C9."""
    assert rows_of(text.encode(), "f") == {"a": 0.5, "b": 1.0}


def test_a_run_by_the_clock_belongs_to_the_last_time_of_its_schedule() -> None:
    """C9: however late its pod begins; the one of this very minute included."""
    late = datetime(2026, 11, 20, 2, 47, tzinfo=UTC)
    assert scheduled("0 2 * * *", late) == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert scheduled("0 2 * * *", late.replace(minute=0)) == datetime(2026, 11, 20, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("key,score\na,\n", "no key and score"),
        ("key,score\na,1\na,2\n", "repeats"),
        ('{"key":"a"}\nx', "no key"),
    ],
)
def test_an_old_jobs_file_that_is_not_whole_is_refused(text: str, fact: str) -> None:
    """C9: a half-written output must not be compared as if it were the output."""
    with pytest.raises(OutputError, match=fact):
        rows_of(text.encode(), "f")
