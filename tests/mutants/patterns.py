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
        "for path in paths(told) for method in _METHODS",
        "for path in paths(told) for method in _METHODS[:0]",
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

_CROSSING = "workloads/patterns/crossing.py"
_STANDS = "tests/workloads/patterns/test_crossing.py::test"
_RIGHTS = "tests/workloads/patterns/test_rights.py::test"

STANDING = (
    Mutant(
        "C1",
        "stacks/crossings.py",
        "Pattern.LIFT_AND_SHIFT: LiftAndShift,",
        "Pattern.LIFT_AND_SHIFT: RefactorAndOptimize,",
        f"{_STANDS}_the_patterns_differ_in_what_they_provision",
    ),
    Mutant(
        "C2",
        "workloads/patterns/refactor_and_optimize.py",
        'self.config_map(names.fetch, "fetch", {"fetch.py": SCRIPT})',
        "pass",
        f"{_STANDS}_the_patterns_differ_in_what_they_provision",
    ),
    Mutant(
        "C3",
        "workloads/patterns/rebuild_and_enhance.py",
        "        self._drift()",
        "        pass",
        f"{_STANDS}_the_patterns_differ_in_what_they_provision",
    ),
    Mutant(
        "C5",
        _CROSSING,
        "return pulumi.Output.all(*urns, *ids).apply(lambda _: stood)",
        "return pulumi.Output.from_input(stood)",
        f"{_STANDS}_a_stage_that_failed_half_way_is_not_recorded",
    ),
    Mutant(
        "C5",
        _CROSSING,
        "if self._row.old is Old.GONE:",
        "if self._row.old is not Old.LIVE:",
        f"{_STANDS}_a_stage_makes_what_the_designs_table_says",
    ),
    Mutant(
        "C6",
        "workloads/patterns/release.py",
        '"containers": [*inner["containers"], recorder],',
        '"containers": [*inner["containers"]],',
        "tests/workloads/patterns/test_release.py::test_every_request_passes_the_recorder",
    ),
    Mutant(
        "C8",
        "workloads/patterns/rights.py",
        "own, slots = [names.overlay],",
        "own, slots = [names.overlay, names.base],",
        f"{_RIGHTS}_guard_changes_its_overlay_and_nothing_else",
    ),
    Mutant(
        "C9",
        "workloads/patterns/pods.py",
        '"suspend": what.suspended}',
        '"suspend": False}',
        f"{_STANDS}_batch_work_runs_on_both_sides_and_the_old_one_is_suspended_before_it_goes",
    ),
)

_FRAUD = "workloads/fraud_detection"
_MODEL = "tests/workloads/fraud_detection/test_fraud_detection.py::test"
_SERVED = "tests/workloads/fraud_detection/test_fraud_served.py::test"

EXAMPLE = (
    Mutant(
        "D",
        f"{_FRAUD}/training.py",
        "return self.auc >= ACCEPTED_AUC  # False for NaN",
        "return not self.auc < ACCEPTED_AUC",
        f"{_MODEL}_a_model_that_could_not_be_judged_is_not_accepted",
    ),
    Mutant(
        "D",
        f"{_FRAUD}/preparing.py",
        "rows.append(card.features(item))",
        "rows.append([*card.features(item)[:-1], float(item.fraud)])",
        f"{_MODEL}_no_feature_knows_the_future_or_the_label",
    ),
    Mutant(
        "D",
        f"{_FRAUD}/exporting.py",
        'self.threshold.append(0.0 if leaf else node["threshold"])',
        "self.threshold.append(0.0)",
        f"{_MODEL}_exported_trees_score_as_the_trained_ones",
    ),
    Mutant(
        "D",
        f"{_FRAUD}/exporting.py",
        "max_batch_size: {BATCH}",
        "max_batch_sizes: {BATCH}",
        f"{_MODEL}_config_is_what_tritons_own_definition_reads",
    ),
    Mutant(
        "D",
        f"{_FRAUD}/syncing.py",
        "        self._end(application)",
        "        pass",
        f"{_SERVED}_a_failed_sync_says_so_and_leaves_nothing_running",
    ),
    Mutant(
        "D",
        f"{_FRAUD}/pipeline.py",
        'judged.outputs["Output"] == "accepted", name="gate"',
        'judged.outputs["Output"] != "", name="gate"',
        f"{_SERVED}_pipeline_deploys_nothing_when_the_gate_refuses",
    ),
)

_MOVING = "tests/ferry/features/test_moving.py::test"

FEATURES = (
    Mutant(
        "C13",
        "ferry/features/stores.py",
        "if known and tonumber(known) > tonumber(ARGV[2]) then return 0 end",
        "",
        f"{_MOVING}_an_old_write_that_comes_late_changes_nothing",
    ),
    Mutant(
        "C13",
        "ferry/features/moving.py",
        "for name in group.features",
        "for name in one",
        f"{_MOVING}_a_feature_that_nobody_has_is_no_equality",
    ),
    Mutant(
        "C13",
        "ferry/features/moving.py",
        "            self.missed.add((group, entity))",
        "            pass",
        f"{_MOVING}_a_write_that_redis_did_not_take_is_made_again",
    ),
)

DRIFT = (
    Mutant(
        "C3",
        "ferry/drift/judging.py",
        "drifted = shift > SHIFT and chance < CHANCE",
        "drifted = chance < 0.05",
        "tests/ferry/drift/test_drift.py::test_an_unchanged_model_raises_no_alarm_and_a_shifted_one_always",
    ),
)

MUTANTS = (*ROUTES, *STANDING, *EXAMPLE, *FEATURES, *DRIFT)
