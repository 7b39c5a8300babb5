"""The mutants of the crossing: workloads, stages, slots, evidence (requirements C)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

BUILT = frozenset({"C1", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C12", "C13"})
"""Requirements of the crossing of which something is built."""

_STAGES = "workloads/stages.py"
_TRAFFIC = "workloads/traffic.py"
_SLOTS = "workloads/slots.py"
_EVIDENCE = "workloads/evidence.py"
_PROBLEMS = "workloads/problems.py"

_WALK = "tests/workloads/test_stages.py::test_no_sequence_of_wishes_and_evidence_breaks_a_rule"
_CATALOGUE = "tests/workloads/test_catalogue.py::test"
_DEFINITION = "tests/workloads/test_problems.py::test_a_wrong_definition_is_one_clear_sentence"
_NOT_ENOUGH = "tests/workloads/test_evidence.py::test_each_way_of_not_being_enough_is_a_state_of_its_own"
_TABLE = "tests/workloads/test_traffic.py::test_traffic_is_as_in_the_designs_table"

WORKLOADS = (
    Mutant(
        "C1",
        "workloads/spec.py",
        "same_code = self is Pattern.LIFT_AND_SHIFT",
        "same_code = False",
        f"{_CATALOGUE}_only_the_same_code_has_to_be_equivalent",
    ),
    Mutant(
        "C4",
        "workloads/churn/definition.py",
        "impact_usd=2_000_000,",
        "impact_usd=200_000,",
        f"{_CATALOGUE}_catalogue_has_every_workload_with_priority_and_impact",
    ),
    Mutant(
        "C4",
        _PROBLEMS,
        "if spec.serving.online and (spec.slo is None or spec.slo.online is None):",
        "if spec.serving.online and spec.slo is None:",
        _DEFINITION,
    ),
    Mutant("C9", _PROBLEMS, "if longest > gap:", "if longest > 2 * gap:", _DEFINITION),
    Mutant(
        "C10",
        "workloads/spec.py",
        "Wave.HIGH_IMPACT: (9, 20)",
        "Wave.HIGH_IMPACT: (8, 20)",
        f"{_CATALOGUE}_waves_follow_the_calendar",
    ),
    Mutant(
        "C13",
        _PROBLEMS,
        "CROSSING = (Stage.SHADOW, Stage.CANARY)",
        "CROSSING = (Stage.CANARY,)",
        "tests/workloads/test_problems.py::test_two_cutovers_do_not_share_a_feature_group",
    ),
)

STAGES = (
    Mutant(
        "C5",
        _STAGES,
        "return Move.BACK if distance == -1 else Move.ILLEGAL",
        "return Move.BACK if distance < 0 else Move.ILLEGAL",
        _WALK,
    ),
    Mutant(
        "C5",
        _STAGES,
        "return Move.RAISE if distance == 1 else Move.ILLEGAL",
        "return Move.RAISE",
        _WALK,
    ),
    Mutant(
        "C7",
        _STAGES,
        "if evidence is not None and evidence.verdict is Verdict.PASS:",
        "if evidence is not None and evidence.verdict is not Verdict.FAIL:",
        _WALK,
    ),
    Mutant(
        "C12",
        _STAGES,
        "if not wait or (before.since is not None and now - before.since >= wait):",
        "if not wait or before.since is not None:",
        _WALK,
    ),
    Mutant(
        "C6", _TRAFFIC, "min(allowed(stage, ceiling), step)", "max(allowed(stage, ceiling), step)", _TABLE
    ),
    Mutant(
        "C8",
        _TRAFFIC,
        "Stage.PLATFORM: Row(Up.MODEL, WHOLE, 0, Side.LEGACY, Side.LEGACY, Old.HOT, Side.LEGACY),",
        "Stage.PLATFORM: Row(Up.MODEL, WHOLE, WHOLE, Side.LEGACY, Side.LEGACY, Old.HOT, Side.LEGACY),",
        _TABLE,
    ),
    Mutant(
        "C6",
        _SLOTS,
        "step=0, released=False, before=old",
        "step=0, released=True, before=old",
        "tests/workloads/test_slots.py::test_a_version_goes_up_step_by_step_and_the_old_one_stays",
    ),
)

EVIDENCE = (
    Mutant("C7", _EVIDENCE, "if now >= evidence.expires_at:", "if now > evidence.expires_at:", _NOT_ENOUGH),
    Mutant(
        "C7",
        _EVIDENCE,
        "if not verify(payload, signature):",
        "if False:",
        "tests/workloads/test_evidence.py::test_a_signature_by_another_key_is_refused",
    ),
)

_FLEET = "stacks/fleet.py"
_FLEET_TEST = "tests/stacks/test_fleet.py::test"

FLEET = (
    Mutant(
        "C5",
        _FLEET,
        "if name not in settings.workloads and was.stage is not Stage.LEGACY",
        "if False",
        f"{_FLEET_TEST}_a_line_that_is_gone_takes_nothing_down",
    ),
    Mutant(
        "C7",
        _FLEET,
        "if wanted.evidence is None or move(spec, was, wanted) not in FORWARD:",
        "if wanted.evidence is None:",
        f"{_FLEET_TEST}_evidence_is_read_only_by_the_change_that_advances",
    ),
    Mutant(
        "C7",
        "stacks/shelf.py",
        'return bool(answer["SignatureValid"])',
        "return True",
        f"{_FLEET_TEST}_what_kms_signed_is_read_and_what_it_did_not_sign_is_not",
    ),
)

_CHECKS = "ferry/gates/checks.py"
_SIMULATION = "tests/ferry/gates/test_simulation.py::test"
_PARITY = "tests/ferry/gates/test_checks.py::test_parity_has_a_state_for_each_case"

GATES = (
    Mutant(
        "C7",
        _CHECKS,
        "good = found.low > -limit and (comparison",
        "good = found.estimate > -limit and (comparison",
        f"{_SIMULATION}_auc_gate_promotes_worse_models_rarely_and_equal_ones_usually",
    ),
    Mutant(
        "C7",
        "ferry/gates/power.py",
        "ALPHA = 0.045",
        "ALPHA = 0.09",
        f"{_SIMULATION}_accuracy_gate_promotes_worse_models_rarely_and_equal_ones_usually",
    ),
    Mutant("C7", _CHECKS, "if n < planned:", "if n < 1:", _PARITY),
    Mutant(
        "C7",
        _CHECKS,
        "SEEDS = 5",
        "SEEDS = 4",
        "tests/ferry/gates/test_checks.py::test_training_may_take_a_fifth_longer",
    ),
    Mutant(
        "C1",
        _CHECKS,
        "comparison is Comparison.NON_INFERIORITY or found.high < limit",
        "True",
        _PARITY,
    ),
    Mutant(
        "C13",
        _CHECKS,
        "elif missing or not there:",
        "elif not there:",
        "tests/ferry/gates/test_checks.py::test_features_are_equal_one_by_one",
    ),
)

_DETECTORS = "ferry/guard/detectors.py"
_FOUND = "tests/ferry/guard/test_detectors.py::test"

GUARD = (
    Mutant(
        "C8",
        _DETECTORS,
        "return np.maximum(0, score +",
        "return (score +",
        f"{_FOUND}_failure_is_found_within_its_bar",
    ),
    Mutant(
        "C8",
        _DETECTORS,
        "(127, 136, 145, 153, 162, 170,",
        "(117, 136, 145, 153, 162, 160,",
        f"{_FOUND}_limit_keeps_its_run_length_at_any_traffic",
    ),
)

_DECIDE = "ferry/guard/decide.py"
_LOOKS = "tests/ferry/guard/test_decide.py::test_no_sequence_of_looks_makes_a_forbidden_write"
_BATCH = "tests/ferry/batch/test_publishing.py::test"

STEPPING = (
    Mutant("C8", _DECIDE, "now > lease.until - MARGIN:", "now > lease.until:", _LOOKS),
    Mutant(
        "C7",
        _DECIDE,
        "or seen.evidence.verdict is not Verdict.PASS",
        "",
        "tests/ferry/guard/test_decide.py"
        "::test_nothing_is_raised_on_any_verdict_but_pass_or_without_warm_capacity",
    ),
    Mutant(
        "C8",
        _DECIDE,
        "return SetWeight(least, route.version, policy.epoch,",
        "return SetWeight(least, route.version, None,",
        "tests/ferry/guard/test_decide.py"
        "::test_a_failure_takes_everything_back_and_latches_until_the_epoch_is_bumped",
    ),
)

_LOOP = "tests/ferry/guard/test_loop.py::test"

SLOTS = (
    Mutant(
        "C6",
        _DECIDE,
        "if route.warming:",
        "if route.warming and seen.known:",
        "tests/ferry/guard/test_decide.py::test_a_new_route_takes_no_request_before_every_proxy_knows_it",
    ),
    Mutant(
        "C6",
        "ferry/guard/counting.py",
        "knows=bool(warming) and not any(warming)",
        "knows=bool(warming)",
        "tests/ferry/guard/test_counting.py::test_a_proxy_knows_the_route_once_its_clusters_were_looked_at",
    ),
    Mutant(
        "C6",
        "workloads/slots.py",
        "old = found in {None, self.before, self.versions[self.active]}",
        "old = found in {None, self.versions[self.active]}",
        f"{_LOOP}_the_old_version_is_released_on_evidence_since_the_new_one_answers_everything",
    ),
    Mutant(
        "C6",
        _DECIDE,
        "lowered = lowered or _as_configured(route, seen.slots)",
        "pass",
        f"{_LOOP}_a_pin_overrides_argo_cd_and_the_guard_and_a_restarted_guard_goes_on",
    ),
    Mutant(
        "C8",
        _DECIDE,
        "if slots is None or back(slots) == slots:",
        "if slots is None or back(slots) != slots:",
        f"{_LOOP}_in_trouble_the_version_before_answers_again_also_where_the_old_system_sleeps",
    ),
    Mutant(
        "C8",
        "workloads/patterns/rights.py",
        '"resourceNames": own, "verbs": ["get", "patch"]}',
        '"resourceNames": own, "verbs": ["get", "patch", "update"]}',
        "tests/workloads/patterns/test_rights.py::test_guard_changes_its_overlay_and_nothing_else",
    ),
    Mutant(
        "C8",
        "ferry/drill/figures.py",
        "max(tried) - min(wrong)",
        "max(wrong) - min(wrong)",
        "tests/ferry/drill/test_figures.py"
        "::test_a_failure_lasts_from_the_first_bad_answer_to_the_last_that_the_platform_had_a_hand_in",
    ),
)

BATCH = (
    Mutant(
        "C9",
        "ferry/batch/decide.py",
        "if pointer is not None and pointer.published is not None:",
        "if pointer is not None and pointer.published is me:",
        f"{_BATCH}_each_date_is_published_once_whoever_crashes",
    ),
    Mutant(
        "C9",
        "ferry/batch/publish.py",
        'condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}',
        'condition = {"IfNoneMatch": "*"} if tag is None else {}',
        f"{_BATCH}_memory_refuses_what_s3_refuses",
    ),
    Mutant(
        "C9",
        "ferry/batch/compare.py",
        "self.keys > 0 and self.missing == 0 and",
        "self.keys > 0 and",
        f"{_BATCH}_a_missing_row_is_a_difference",
    ),
)

MUTANTS = (*BATCH, *SLOTS, *STEPPING, *GATES, *GUARD, *FLEET, *WORKLOADS, *STAGES, *EVIDENCE)
