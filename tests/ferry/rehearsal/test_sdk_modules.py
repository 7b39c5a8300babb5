"""What is loaded before a preview is timed is all that the program takes from the SDKs (E1).

A floor runs after the preview that it is compared with, so a module that is still loaded at its first use
would be paid for by the preview alone. How long it takes is the rehearsal's to show.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ferry.rehearsal.sdk_modules import names

PROJECT = Path(__file__).parents[3]

LOADS_MORE = """
import sys
import infra, stacks, workloads
from ferry.rehearsal import sdk_modules
from stacks import program

sdk_modules.load((infra, workloads, stacks))
before = set(sys.modules)
from tests.infra.environments import made
for environment in ("dev", "prod"):
    made(environment)
print(*sorted(name for name in set(sys.modules) - before if name.startswith(sdk_modules.SDKS)))
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import pulumi_aws as aws\naws.ec2.Vpc('v')", {"ec2", "ec2.Vpc"}),
        ("import pulumi_aws as aws\ndef f(v: aws.ec2.Vpc) -> None: ...", {"ec2", "ec2.Vpc"}),
        ("import pulumi_aws\npulumi_aws.s3.Bucket", {"s3", "s3.Bucket"}),
        ("aws = object()\naws.ec2.Vpc", set()),
        ("import pulumi_aws as aws\nother().ec2.Vpc\nself.aws.kms", set()),
    ],
)
def test_what_a_module_names_of_an_sdk_is_found(source: str, expected: set[str]) -> None:
    assert {path for _, path in names(source)} == expected


def test_the_program_loads_nothing_of_an_sdk_that_was_not_loaded_before_it() -> None:
    run = subprocess.run(
        [sys.executable, "-c", LOADS_MORE],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.split() == []
