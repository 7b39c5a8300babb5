"""Mutants of what makes a rehearsal fast: each would make it wrong, or let the preview pay for the floor."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ANSWERS = "tests/sandbox/aws/test_answers.py::test"

SPEED_MUTANTS = (
    Mutant(
        "E1",
        "sandbox/aws/answers.py",
        'f"{call.region} {call.operation} "',
        'f"{call.operation} "',
        f"{_ANSWERS}_another_question_is_asked",
    ),
    Mutant(
        "E1",
        "sandbox/aws/answers.py",
        "if self._directory is not None and reply.status == 200:",
        "if self._directory is not None:",
        f"{_ANSWERS}_a_refusal_is_not_kept_for_a_later_process",
    ),
    Mutant(
        "E1",
        "sandbox/aws/moto_made.py",
        "twin = copy.copy(policy)",
        "twin = policy",
        f"{_ANSWERS}_a_new_account_finds_aws_s_policies_as_they_were",
    ),
    Mutant(
        "E1",
        "ferry/rehearsal/sdk_modules.py",
        "for sdk, path in sorted(names(file.read_text())):",
        "for sdk, path in sorted(names(file.read_text()))[:1]:",
        "tests/ferry/rehearsal/test_sdk_modules.py"
        "::test_the_program_loads_nothing_of_an_sdk_that_was_not_loaded_before_it",
    ),
)
