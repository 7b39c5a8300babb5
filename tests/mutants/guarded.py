"""Mutants of what watches the platform and of its guard rails (B7, B9, B10)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_RULES = "tests/infra/watching/test_rules.py::test"
_FLOWS = "tests/manifests/test_flows.py::test"
_RAILS = "tests/infra/guard_rails/test_guard_rails.py::test"
_LOG_IN = "tests/infra/single_sign_on/test_single_sign_on.py::test"
_WATCHING = "tests/infra/watching/test_watching.py::test"
_STACK = "infra/charts/values/prometheus_stack.py"
_FENCES = "infra/guard_rails/fences.py"
_RIGHTS = "infra/guard_rails/rights.py"

FENCED = (
    Mutant(
        "B9",
        _FENCES,
        'return {"ipBlock": {"cidr": ANYWHERE, "except": [LINK_LOCAL, *places.stores]}}',
        'return {"ipBlock": {"cidr": ANYWHERE, "except": [*places.stores]}}',
        f"{_FLOWS}_nothing_else_comes_about",
    ),
    Mutant(
        "B9",
        _FENCES,
        'return {"to": [{"ipBlock": {"cidr": cidr}} for cidr in places.stores], "ports": _tcp(REDIS)}',
        'return {"to": [{"ipBlock": {"cidr": cidr}} for cidr in places.stores]}',
        f"{_FLOWS}_nothing_else_comes_about",
    ),
    Mutant(
        "B9",
        _FENCES,
        '"names": _out([{"to": [_space("kube-system")], "ports": _names()}]),',
        '"names": _out([{"to": [{"podSelector": {}}], "ports": _names()}]),',
        f"{_FLOWS}_every_flow_that_a_workload_needs_comes_about",
    ),
    Mutant(
        "B10",
        _RIGHTS,
        '([""], ["pods", "services", "configmaps", "persistentvolumeclaims"]),',
        '([""], ["pods", "services", "configmaps", "persistentvolumeclaims", "secrets"]),',
        f"{_RAILS}_nobody_in_a_team_reads_secrets_or_moves_its_fences",
    ),
    Mutant(
        "B10",
        _RIGHTS,
        'found.setdefault(principal, []).append(group(team.name, "viewers"))',
        'found[principal] = [group(team.name, "viewers")]',
        f"{_RAILS}_principal_of_two_teams_enters_once_with_all_its_groups",
    ),
    Mutant(
        "B10",
        "infra/guard_rails/limits.py",
        '"requests.nvidia.com/gpu": str(spec.gpus),',
        "",
        f"{_RAILS}_team_without_gpus_gets_none_and_no_team_gets_a_load_balancer",
    ),
)

WATCHED = (
    Mutant(
        "B7",
        "infra/watching/rules/objectives.py",
        'Burn("InferenceErrorBudgetBurnsFast", 14.4, "1h", "5m", Severity.CRITICAL),',
        'Burn("InferenceErrorBudgetBurnsFast", 1.44, "1h", "5m", Severity.CRITICAL),',
        f"{_RULES}_alert_keeps_quiet_when_it_nearly_fires",
    ),
    Mutant(
        "B7",
        "infra/watching/rules/migration.py",
        'f"time() - max(max_over_time(ferry_guard_heartbeat_timestamp_seconds[1d])) > {SILENCE_S}",',
        'f"time() - max(ferry_guard_heartbeat_timestamp_seconds) > {SILENCE_S}",',
        f"{_RULES}_alert_fires_with_the_sentence_that_a_person_reads",
    ),
    Mutant(
        "B7",
        "ferry/guard/reporting.py",
        "OBJECTIVE.labels(self.workload).set(self.slo.online.p99_ms / 1000)",
        "pass",
        "tests/infra/watching/test_contract.py::test_programs_export_every_metric_that_rules_count_on",
    ),
    Mutant(
        "B7",
        "infra/watching/targets.py",
        '"podMetricsEndpoints": [{"port": target.port, "honorLabels": target.honest}],',
        '"podMetricsEndpoints": [{"port": target.port}],',
        f"{_WATCHING}_figures_about_pods_keep_the_name_of_the_pod_that_they_are_about",
    ),
    Mutant(
        "B7",
        _STACK,
        '"podMonitorSelectorNilUsesHelmValues": False,',
        "",
        f"{_WATCHING}_monitors_and_rules_without_the_charts_label_count",
    ),
    Mutant(
        "B7",
        _STACK,
        '"secret": {"secretName": SLACK, "optional": True}',
        '"secret": {"secretName": SLACK}',
        f"{_WATCHING}_alertmanager_reads_the_webhook_from_the_file_that_is_mounted_and_starts_without_it",
    ),
    Mutant(
        "B7",
        "infra/watching/component.py",
        "storage_class=storage_classes.RETAIN if args.scope.protect else storage_classes.DEFAULT,",
        "storage_class=storage_classes.DEFAULT,",
        f"{_WATCHING}_measurements_outlive_their_pod_and_in_production_their_claim",
    ),
    Mutant(
        "B7",
        "infra/watching/dashboards/pages.py",
        'Query("max by (Hostname, gpu) (DCGM_FI_DEV_POWER_USAGE)", _CARD)',
        'Query("max by (Hostname, gpu) (DCGM_FI_DEV_POWER)", _CARD)',
        "tests/infra/watching/test_dashboards.py::test_page_asks_only_for_metrics_that_something_exports",
    ),
    Mutant(
        "B9",
        "infra/watching/manifests.py",
        '"figures": _out(prometheus, asked, kubelets),',
        '"figures": _out(everyone, asked, kubelets),',
        f"{_FLOWS}_nobody_else_reaches_what_watches_and_it_reaches_nobody_else",
    ),
    Mutant(
        "E4",
        "policy/cost/estimating.py",
        'gib += number(at(spec, "replicas")) * float(size.removesuffix("Gi")) if spec else 0.0',
        'gib += float(size.removesuffix("Gi")) if spec else 0.0',
        "tests/policy/test_cost.py::test_watching_production_costs_its_volumes_and_its_questions",
    ),
    Mutant(
        "B10",
        "infra/single_sign_on/told.py",
        '"role_attribute_strict": True,',
        '"role_attribute_strict": False,',
        f"{_LOG_IN}_grafana_lets_in_two_groups_and_nobody_else",
    ),
    Mutant(
        "B10",
        "infra/single_sign_on/component.py",
        'return self._object("HTTPRoute", page.name, route, NAMESPACE, granted, *self._guards(page))',
        'return self._object("HTTPRoute", page.name, route, NAMESPACE, granted, *self._guards(page)[:0])',
        f"{_LOG_IN}_gateway_knows_who_is_in_before_the_way_is_open",
    ),
    Mutant(
        "B12",
        "stacks/rollout.py",
        '"chatbot": Capability(None, "B12",',
        '"chatbot": Capability(_I, "B12",',
        "tests/infra/chatbot/test_chatbot.py::test_nobody_has_a_chatbot_who_did_not_ask_for_one",
    ),
    Mutant(
        "B12",
        "infra/chatbot/manifests.py",
        'resources=[f"{bucket_arn(bucket)}/{PREFIX}*"]',
        'resources=[f"{bucket_arn(bucket)}/*"]',
        "tests/infra/chatbot/test_chatbot.py::test_it_reads_its_own_model_and_no_other",
    ),
)
