"""The Open Inference Protocol as rows, and rows as what an old system takes. Pure.

Requests are `{"id"?, "inputs": [{"name", "shape": [rows, …], "datatype", "data": […]}]}` (kserve.github.io,
version 2, JSON). A row is its values over all inputs, in the order of the inputs. Tensors in binary form are
refused: no old system speaks them.

Callers of SageMaker change nothing but their ``endpoint_url``: they ask
``/endpoints/<name>/invocations`` with `{"instances": [{"features": […]}]}` and are answered
`{"predictions": [{"score": …}]}`, whichever side answers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Value = float | int | str | bool


_RIGHT = (
    '{"id": "7f3a", "inputs": [{"name": "features", "shape": [1, 2], "datatype": "FP32", '
    '"data": [0.5, 1.0]}]}'
)
_RIGHT_OLD = '{"instances": [{"features": [0.5, 1.0]}]}'


class MisaskedError(Exception):
    """The request is not one; the message says why, with a right example."""

    def __init__(self, fact: str, right: str = _RIGHT) -> None:
        super().__init__(f"{fact}, so nobody was asked. A right request: {right}")


@dataclass(frozen=True)
class Question:
    """One request.

    Attributes:
        key: joins what both sides said about it: the caller's ``id``, or the request's own.
        rows: values, one list for each row.
        body: in the protocol; a side that speaks it gets it unchanged.
        old: it was asked as SageMaker is.
    """

    key: str
    rows: tuple[tuple[Value, ...], ...]
    body: bytes
    old: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """One for each row."""
        if len(self.rows) == 1:
            return (self.key,)
        return tuple(f"{self.key}/{number}" for number in range(len(self.rows)))


@dataclass(frozen=True)
class Answer:
    """What a side said: one score for each row, and the body for a caller who speaks the protocol."""

    scores: tuple[float, ...]
    body: bytes

    def told(self, question: Question) -> bytes:
        """The body for whoever asked this."""
        return score_list(self.scores) if question.old else self.body


def question(body: bytes, request_id: str) -> Question:
    """What is asked.

    Raises:
        MisaskedError: it is not a request of the protocol.
    """
    try:
        asked = json.loads(body)
        inputs = [_rows(item) for item in asked["inputs"]]
        key = str(asked.get("id") or request_id)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MisaskedError(f"the body is not a request ({type(error).__name__}: {error})") from None
    counts = {len(item) for item in inputs}
    if len(counts) != 1:
        raise MisaskedError(f"its inputs have {sorted(counts)} rows")
    rows = tuple(tuple(value for part in parts for value in part) for parts in zip(*inputs, strict=True))
    return Question(key, rows, body)


def invocation(body: bytes, request_id: str) -> Question:
    """What a client of SageMaker asks.

    Raises:
        MisaskedError: it is not JSON in the dense format.
    """
    try:
        rows = tuple(tuple(_flat(item["features"])) for item in json.loads(body)["instances"])
    except (KeyError, TypeError, ValueError) as error:
        fact = f"the body is not in SageMaker's dense JSON ({type(error).__name__}: {error})"
        raise MisaskedError(fact, _RIGHT_OLD) from None
    width = len(rows[0]) if rows else 0
    if width == 0 or any(len(row) != width for row in rows):
        raise MisaskedError(f"its {len(rows)} instances are empty or of different lengths", _RIGHT_OLD)
    values = [value for row in rows for value in row]
    tensor = {"name": "features", "shape": [len(rows), width], "datatype": "FP32", "data": values}
    return Question(request_id, rows, json.dumps({"id": request_id, "inputs": [tensor]}).encode(), old=True)


def _rows(tensor: dict[str, Any]) -> list[tuple[Value, ...]]:
    shape, data = [int(size) for size in tensor["shape"]], list(_flat(tensor["data"]))
    size = 1
    for extent in shape:
        size *= extent
    if not shape or shape[0] < 1 or size != len(data):
        raise MisaskedError(f"{tensor['name']} has shape {shape} and {len(data)} values")
    width = len(data) // shape[0]
    return [tuple(data[at : at + width]) for at in range(0, len(data), width)]


def _flat(data: Sequence[Any]) -> list[Value]:
    """Values may come nested; the protocol allows both."""
    return [value for item in data for value in (_flat(item) if isinstance(item, list) else [item])]


def answer_of(scores: Sequence[float], model: str, key: str) -> Answer:
    """An answer of the protocol, from scores."""
    output = {"name": "score", "datatype": "FP64", "shape": [len(scores), 1], "data": list(scores)}
    body = json.dumps({"model_name": model, "id": key, "outputs": [output]}).encode()
    return Answer(tuple(scores), body)


def scores_of(body: bytes, rows: int) -> tuple[float, ...]:
    """Scores in an answer of the protocol: the output ``score``, else the first; of several columns the last.

    Raises:
        ValueError: there is not one for each row.
    """
    try:
        outputs = json.loads(body)["outputs"]
        found = next((item for item in outputs if item["name"] == "score"), outputs[0])
        data = [float(value) for value in _flat(found["data"])]
    except (KeyError, TypeError, IndexError, json.JSONDecodeError) as error:
        raise ValueError(f"no answer of the protocol: {error!r}") from None
    width = len(data) // rows
    if width == 0 or width * rows != len(data):
        raise ValueError(f"{len(data)} scores for {rows} rows")
    return tuple(data[width - 1 :: width])


def dense(rows: Sequence[Sequence[Value]]) -> bytes:
    """Rows as SageMaker's algorithms take them: the JSON dense format of its "common data formats"."""
    return json.dumps({"instances": [{"features": list(row)} for row in rows]}).encode()


def plain(rows: Sequence[Sequence[Value]]) -> bytes:
    """Rows as a plain HTTP service takes them: TensorFlow Serving's row format."""
    return json.dumps({"instances": [list(row) for row in rows]}).encode()


def score_list(scores: Sequence[float]) -> bytes:
    """Scores as SageMaker's algorithms give them."""
    return json.dumps({"predictions": [{"score": score} for score in scores]}).encode()


def predictions(body: bytes, rows: int) -> tuple[float, ...]:
    """Scores in an old system's answer: numbers, or objects with a ``score``.

    Raises:
        ValueError: there is not one for each row.
    """
    try:
        found = json.loads(body)["predictions"]
        scores = tuple(float(item["score"] if isinstance(item, dict) else item) for item in found)
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"no predictions: {error!r}") from None
    if len(scores) != rows:
        raise ValueError(f"{len(scores)} scores for {rows} rows")
    return scores
