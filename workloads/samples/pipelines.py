"""The sample pipelines: one of a single step, one of two steps that hand on artifacts.

A step's code is a function with its imports inside, because Kubeflow ships its source to the pod. No step
installs anything when it runs (``install_kfp_package=False``): what it needs is in its image, which is pinned
by digest and was scanned, where a package from the internet would be neither.

Without ``from __future__ import annotations``: Kubeflow reads the types, and text is none to it.
"""

from collections.abc import Callable
from typing import Any

from kfp import dsl

Pipeline = Any
"""Kubeflow's compiled pipeline function, which has no public type."""

ROWS = 200
"""Rows of the data set that the second pipeline makes; enough for its fit to be exact to three digits."""


def _step(image: str) -> Callable[..., Any]:
    made: Callable[..., Any] = dsl.component(base_image=image, install_kfp_package=False)
    return made


def _pipeline(name: str, description: str) -> Callable[..., Any]:
    made: Callable[..., Any] = dsl.pipeline(name=name, description=description)
    return made


def sample(image: str) -> Pipeline:
    """One step, which writes a report.

    Args:
        image: of the steps, by digest; it holds Python and Kubeflow's SDK.
    """

    @_step(image)
    def report(name: str, written: dsl.Output[dsl.Artifact]) -> str:
        import platform  # noqa: PLC0415 - Kubeflow ships the function's source alone

        text = f"{name} ran on Python {platform.python_version()}\n"
        with open(written.path, "w") as file:  # noqa: PTH123 - the artifact's path is text
            file.write(text)
        return text

    @_pipeline("sample", "One step that writes a report")
    def pipeline(name: str = "sample") -> str:
        done = report(name=name)
        return done.outputs["Output"]  # type: ignore[no-any-return] # the SDK has no types

    return pipeline


def two_steps(image: str) -> Pipeline:
    """Prepare a data set, fit a line through it; the second step gets the first one's artifact.

    Args:
        image: see :func:`sample`.
    """

    @_step(image)
    def prepare(rows: int, slope: float, data: dsl.Output[dsl.Dataset]) -> None:
        import csv  # noqa: PLC0415 - see above

        with open(data.path, "w", newline="") as file:  # noqa: PTH123 - see above
            csv.writer(file).writerows((x, slope * x + (-1) ** x * 0.01) for x in range(rows))
        data.metadata["rows"] = rows

    @_step(image)
    def fit(
        data: dsl.Input[dsl.Dataset], model: dsl.Output[dsl.Model], metrics: dsl.Output[dsl.Metrics]
    ) -> float:
        import csv  # noqa: PLC0415 - see above
        import json  # noqa: PLC0415 - see above

        with open(data.path, newline="") as file:  # noqa: PTH123 - see above
            points = [(float(x), float(y)) for x, y in csv.reader(file)]
        slope = sum(x * y for x, y in points) / sum(x * x for x, _ in points)
        with open(model.path, "w") as file:  # noqa: PTH123 - see above
            json.dump({"slope": slope}, file)
        metrics.log_metric("rows", len(points))
        return slope

    @_pipeline("two-steps", "Prepare a data set, fit a line through it")
    def pipeline(rows: int = ROWS, slope: float = 2.0) -> float:
        prepared = prepare(rows=rows, slope=slope)
        fitted = fit(data=prepared.outputs["data"])
        return fitted.outputs["Output"]  # type: ignore[no-any-return] # see above

    return pipeline


SAMPLES: dict[str, Callable[[str], Pipeline]] = {"sample": sample, "two-steps": two_steps}
"""Name of a pipeline to what makes it for an image."""
