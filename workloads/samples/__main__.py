"""``python -m workloads.samples compile DIR IMAGE``, or ``… run DIR``: see :mod:`workloads.samples`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from kfp import compiler, local

from workloads.samples.pipelines import SAMPLES

HERE = "docker.io/library/python@sha256:" + "0" * 64
"""Stands for the image when the steps run here, where no image is pulled."""
OUTPUTS = "outputs.json"
"""Beside the artifacts of a local run."""
USAGE = "usage: python -m workloads.samples compile DIR IMAGE | run DIR\n"


def compile_all(directory: Path, image: str) -> None:
    """Every pipeline as ``DIR/<name>.yaml``, to be uploaded to Kubeflow."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, make in SAMPLES.items():
        compiler.Compiler().compile(make(image), str(directory / f"{name}.yaml"))


def run_here(directory: Path) -> None:
    """Every pipeline through Kubeflow's local runner, each step a process; artifacts go below ``DIR/<name>``.

    Writes the pipelines' outputs to ``DIR/outputs.json``, name to outputs.
    """
    outputs = {}
    for name, make in SAMPLES.items():
        runner = local.SubprocessRunner(use_venv=False)
        local.init(runner=runner, pipeline_root=str(directory / name), raise_on_error=True)
        outputs[name] = make(HERE)().outputs
    (directory / OUTPUTS).write_text(json.dumps(outputs))


def main(arguments: list[str]) -> int:
    """Do what the arguments say; 2 when they say nothing that is known."""
    match arguments:
        case ["compile", directory, image]:
            compile_all(Path(directory), image)
        case ["run", directory]:
            run_here(Path(directory))
        case _:
            sys.stderr.write(USAGE)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
