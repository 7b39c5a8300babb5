"""Mutants of the services that come as charts and kustomizations (B2, B3, B5, B8, B9, B11)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_VALUES = "infra/charts/values"
_TOLD = "tests/infra/charts/test_values.py::test"

CHARTED: tuple[Mutant, ...] = (
    Mutant(
        "B5",
        f"{_VALUES}/argo_workflows.py",
        "**_part(replicas, CONTROLLER,",
        '**_part(replicas, "controller",',
        f"{_TOLD}_parts_of_workflows_spread_over_zones_by_a_label_that_their_pods_have",
    ),
    Mutant(
        "B5",
        f"{_VALUES}/argo_cd.py",
        '"rbac": {**people.get("rbac", {}), "policy.default": ""},',
        '"rbac": {**people.get("rbac", {}), "policy.default": "role:admin"},',
        f"{_TOLD}_argo_cd_gives_nobody_a_right_by_logging_in",
    ),
    Mutant(
        "B5",
        f"{_VALUES}/argo_workflows.py",
        '"useSDKCreds": True,',
        "",
        f"{_TOLD}_workflows_store_with_the_role_of_their_own_account",
    ),
    Mutant(
        "B5",
        f"{_VALUES}/argo_workflows.py",
        '"instanceID": {"enabled": True, "explicitID": INSTANCE},',
        "",
        f"{_TOLD}_two_workflow_controllers_do_not_take_each_others_work",
    ),
    Mutant(
        "B8",
        f"{_VALUES}/device_plugin.py",
        '"key": "karpenter.k8s.aws/instance-gpu-manufacturer",',
        '"key": "nvidia.com/gpu.present",',
        f"{_TOLD}_gpu_daemons_run_on_the_nodes_that_karpenter_makes_for_gpus",
    ),
    Mutant(
        "B9",
        f"{_VALUES}/common.py",
        'return {"create": True, "annotations": {ROLE_ANNOTATION: role_arn}}',
        'return {"create": True, "annotations": {}}',
        f"{_TOLD}_only_those_who_talk_to_aws_have_a_role",
    ),
    Mutant(
        "B9",
        f"{_VALUES}/metrics_server.py",
        '"apiService": {"insecureSkipTLSVerify": False},',
        '"apiService": {"insecureSkipTLSVerify": True},',
        f"{_TOLD}_api_server_checks_whom_it_asks_for_metrics",
    ),
    Mutant(
        "B11",
        f"{_VALUES}/fluent_bit.py",
        "auto_create_group off",
        "auto_create_group on",
        f"{_TOLD}_log_collector_makes_no_group_and_names_those_that_are_kept_and_encrypted",
    ),
    Mutant(
        "B11",
        f"{_VALUES}/fluent_bit.py",
        '"tolerations": [{"operator": "Exists"}],',
        "",
        f"{_TOLD}_log_collector_runs_on_tainted_nodes_too",
    ),
    Mutant(
        "B2",
        "workloads/samples/pipelines.py",
        "made: Callable[..., Any] = dsl.component(base_image=image, install_kfp_package=False)",
        "made: Callable[..., Any] = dsl.component(base_image=image)",
        "tests/ferry/rehearsal/test_samples.py::test_steps_run_in_the_image_that_is_named_by_digest_and_install_nothing",
    ),
    Mutant(
        "B2",
        "ferry/rehearsal/checks/samples.py",
        "if found.stored.get(key) != digest",
        "if key not in found.stored",
        "tests/ferry/rehearsal/test_samples.py::test_each_thing_that_can_go_wrong_fails_its_check",
    ),
    Mutant(
        "B9",
        "infra/cluster_services/manifests.py",
        'resources=[f"{arn}{environment}/{FOLDER}/*"],',
        'resources=[f"{arn}{environment}*"],',
        "tests/infra/test_charted.py::test_secret_controller_reads_its_folder_and_nothing_else",
    ),
    Mutant(
        "B9",
        "infra/cluster_services/manifests.py",
        '"conditions": [{"namespaceSelector": {"matchLabels": READER}}],',
        "",
        "tests/infra/test_charted.py::test_secrets_reach_labelled_namespaces_only",
    ),
    Mutant(
        "B8",
        "infra/gpu/check.py",
        '"suspend": True,',
        '"suspend": False,',
        "tests/infra/test_charted.py::test_gpu_check_asks_for_one_gpu_and_runs_only_when_it_is_told_to",
    ),
    Mutant(
        "B11",
        "infra/logs/component.py",
        "retention_in_days=self._args.spec.retention_days,",
        "",
        "tests/infra/test_charted.py::test_log_groups_have_an_end_and_a_key",
    ),
    Mutant(
        "B5",
        "infra/deploying/manifests.py",
        '("apps", "Deployment"),',
        '("apps", "Deployment"), ("", "Secret"),',
        "tests/infra/test_charted.py::test_models_repository_can_bring_no_secret_no_right_and_no_route",
    ),
)
