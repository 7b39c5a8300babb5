"""Mutants of the assessment: what it would overlook, give away, or draw too early."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_READING = "tests/ferry/assess/test_reading.py::test"
_PROPOSING = "tests/ferry/assess/test_proposing.py::test"

MUTANTS = (
    Mutant(
        "C11",
        "ferry/assess/code.py",
        'found.secrets.append(Secret(f"{where}:{value.lineno}", "a literal password, token or key"))',
        'found.secrets.append(Secret(f"{where}:{value.lineno}", value.value))',
        f"{_READING}_secrets_are_found_where_they_stand_and_never_kept",
    ),
    Mutant(
        "C11",
        "ferry/assess/files.py",
        'whole.secrets += code.by_form(_outputs(cell), f"{path}#output{number}")',
        "pass",
        f"{_READING}_secrets_are_found_where_they_stand_and_never_kept",
    ),
    Mutant(
        "C11",
        "ferry/assess/sagemaker.py",
        "return [replace(found, points_at=found.points_at | jobs)]",
        "return [found]",
        f"{_READING}_an_endpoint_belongs_to_the_job_that_trained_its_model",
    ),
    Mutant(
        "C11",
        "ferry/assess/proposing.py",
        "unused = endpoints and all(part.requests == 0 for part in endpoints) and not workload.cron",
        "unused = endpoints and not any(part.requests for part in endpoints) and not workload.cron",
        f"{_PROPOSING}_pattern_follows_from_what_was_seen",
    ),
    Mutant(
        "C11",
        "ferry/assess/packages.py",
        "longest = min(_LONGEST, _minutes(cron))",
        "longest = 24 * _LONGEST",
        "tests/ferry/assess/test_assess_command.py::test_every_definition_is_whole",
    ),
    Mutant(
        "C10",
        "ferry/assess/calendar.py",
        "(ended[need] + 1 for need in item.workload.needs if need in ended)",
        "(ended[need] for need in item.workload.needs if need in ended)",
        f"{_PROPOSING}_the_calendar_keeps_its_promises",
    ),
    Mutant(
        "C10",
        "ferry/assess/proposing.py",
        "kept[need] = replace(other, wave=item.wave, priority=item.priority, wave_reason=reason)",
        "kept[need] = replace(other, priority=item.priority, wave_reason=reason)",
        f"{_PROPOSING}_an_earlier_wave_is_given_to_what_others_read",
    ),
)
