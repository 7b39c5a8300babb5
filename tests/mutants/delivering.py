"""Mutants of the way into an account: images, evidence, prices, marks, and what a release is made of."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_IMAGES = "tests/ferry/images/test_images.py::test"
_ROLES = "tests/ferry/bootstrap/test_bootstrap_policies.py::test"
_PRICES = "tests/ferry/cost/test_refreshing.py::test"

MUTANTS = (
    Mutant(
        "E7",
        "ferry/images/acting.py",
        "if said := self._unsigned(found.reference):",
        'if said := "":',
        f"{_IMAGES}_image_that_somebody_else_pushed_is_not_blessed",
    ),
    Mutant(
        "E7",
        "ferry/images/acting.py",
        "return Finding(item.image, item.digest, fine=not unsigned, said=said)",
        "return Finding(item.image, item.digest, fine=True, said=said)",
        f"{_IMAGES}_up_lets_in_only_what_is_there_and_signed_by_our_workflow",
    ),
    Mutant(
        "E7",
        "ferry/images/acting.py",
        'self.run(["cosign", "sign", "--yes", made.reference], "")',
        'self.run(["cosign", "sign", "--yes", f"{made.name}:{made.tag}"], "")',
        f"{_IMAGES}_image_is_signed_by_its_digest_with_no_key_and_its_bill_beside_it",
    ),
    Mutant(
        "E7",
        "ferry/bootstrap/jobs.py",
        '{"Sid": "Push", "Effect": "Allow", "Action": list(PUSHES), "Resource": own},',
        '{"Sid": "Push", "Effect": "Allow", "Action": list(PUSHES), "Resource": "*"},',
        f"{_ROLES}_narrow_role_may_do_its_own_work_and_nothing_beside_it",
    ),
    Mutant(
        "E7",
        "ferry/bootstrap/jobs.py",
        'f"repo:{place.repository}:environment:{place.environment}-evidence"',
        'f"repo:{place.repository}:environment:{place.environment}-*"',
        f"{_ROLES}_a_role_trusts_exactly_its_own_jobs",
    ),
    Mutant(
        "E7",
        "ferry/gates/command.py",
        "return any(check.verdict is Verdict.FAIL for check in evidence.checks)",
        "return False",
        "tests/ferry/gates/test_gate_command.py::"
        "test_every_night_all_that_are_on_their_way_are_measured_and_only_a_failed_check_fails",
    ),
    Mutant(
        "E8",
        "ferry/images/bill.py",
        "if match is None or not digests:",
        "if match is None:",
        f"{_IMAGES}_package_of_which_nobody_could_say_what_it_is_is_refused",
    ),
    Mutant(
        "E4",
        "ferry/cost/refreshing.py",
        "if len(prices) != 1:",
        "if not prices:",
        f"{_PRICES}_price_that_is_not_exactly_one_is_refused",
    ),
    Mutant(
        "E4",
        "ferry/cost/refreshing.py",
        "    if wrong:",
        "    if len(wrong) > 1:",
        f"{_PRICES}_half_a_table_is_never_written",
    ),
    Mutant(
        "E4",
        "ferry/rehearsal/checks/gpu_time.py",
        "span.end, span.over = now, True",
        "span.end = now",
        "tests/ferry/cost/test_waste.py::"
        "test_node_is_paid_from_its_making_until_it_is_gone_and_used_while_a_pod_holds_its_gpu",
    ),
    Mutant(
        "E1",
        "stacks/marking.py",
        "if args.type_ not in EKS_CHILDREN:",
        "if args.type_ in EKS_CHILDREN:",
        "tests/sandbox/providers/eks/test_components.py::"
        "test_children_of_the_component_bear_the_mark_of_their_own_urn",
    ),
    Mutant(
        "A7",
        "ferry/rehearsal/checks/secrecy.py",
        'if item["kind"] != "Secret":',
        'if item["kind"] == "Secret":',
        "tests/ferry/rehearsal/test_rights.py::"
        "test_secret_in_an_object_of_the_cluster_is_seen_unless_it_is_a_secrets_own",
    ),
)
