"""The mutants of what stands on the platform: routes, patterns, the worked example (requirements C and D)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ROUTES = "workloads/patterns/routes.py"
_PROVES = "tests/workloads/patterns/test_routes.py::test"

ROUTES = (
    Mutant(
        "C6",
        _ROUTES,
        "names.legacy: split.legacy * WHOLE,",
        "names.legacy: split.legacy,",
        f"{_PROVES}_only_weights_ever_change_and_they_sum_to_the_whole",
    ),
    Mutant(
        "C6",
        _ROUTES,
        "for path in paths(told) for method in _METHODS]",
        "for path in paths(told) for method in _METHODS[:0]]",
        f"{_PROVES}_overlay_is_the_more_specific_of_two_routes_for_the_same_paths",
    ),
    Mutant(
        "C8",
        _ROUTES,
        "return names.legacy if side is Side.LEGACY else names.slot(_less(share.slots))",
        "return names.legacy",
        f"{_PROVES}_second_choice_is_never_who_is_asleep",
    ),
    Mutant(
        "C8",
        _ROUTES,
        '"numAttemptsPerPriority": 1,',
        '"numAttemptsPerPriority": 0,',
        f"{_PROVES}_a_failed_try_goes_to_the_next_priority",
    ),
)

MUTANTS = (*ROUTES,)
