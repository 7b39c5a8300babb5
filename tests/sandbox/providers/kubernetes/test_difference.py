"""What a change means. Proves paths and forced replacements; not what the API server itself refuses."""

from typing import Any

import pytest

from sandbox.providers.codec import UNKNOWN
from sandbox.providers.kubernetes.difference import Mutability, changes, judge

_POD = {"containers": [{"name": "c", "image": "a"}]}


def _object(api_version: str, kind: str, **rest: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "n", "namespace": "d"}, **rest}


@pytest.mark.parametrize(
    ("before", "after", "path", "kind"),
    [
        ({"a": 1}, {"a": 2}, "a", "UPDATE"),
        ({}, {"a": 1}, "a", "ADD"),
        ({"a": 1}, {}, "a", "DELETE"),
        ({"a": [1]}, {"a": [1, 2]}, "a[1]", "ADD"),
        ({"a": [1, 2]}, {"a": [1]}, "a[1]", "DELETE"),
        ({"a": {"b.c/d": 1}}, {"a": {"b.c/d": 2}}, 'a["b.c/d"]', "UPDATE"),
        ({"a": "x"}, {"a": UNKNOWN}, "a", "UPDATE"),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, "a[0].b", "UPDATE"),
    ],
)
def test_each_difference_has_a_path_and_a_kind(before: Any, after: Any, path: str, kind: str) -> None:
    base = {"apiVersion": "example.com/v1"}
    [change] = changes(base | before, base | after)
    assert (change.name, change.kind) == (path, kind)


def test_an_empty_list_that_the_server_left_out_is_no_change_of_a_known_kind() -> None:
    live = _object("v1", "Pod", spec={})
    assert not changes(live, live | {"spec": {"tolerations": []}})


def test_a_field_that_a_definition_pruned_stays_a_change() -> None:
    live = _object("karpenter.sh/v1", "NodePool", spec={})
    assert [change.name for change in changes(live, live | {"spec": {"typo": 1}})] == ["spec.typo"]


@pytest.mark.parametrize(
    ("before", "after", "replaced"),
    [
        (
            _object("v1", "Service", spec={"clusterIP": "None"}),
            _object("v1", "Service", spec={"clusterIP": "10.0.0.9"}),
            True,
        ),
        (_object("v1", "Service", spec={"ports": []}), _object("v1", "Service", spec={"ports": [1]}), False),
        (_object("v1", "ConfigMap", data={"a": "1"}), _object("v1", "ConfigMap", data={"a": "2"}), True),
        (_object("v1", "Secret", data={"a": "1"}), _object("v1", "Secret", data={"a": "2"}), True),
        (
            _object("apps/v1", "Deployment", spec={"replicas": 1}),
            _object("apps/v1", "Deployment", spec={"replicas": 2}),
            False,
        ),
        (
            _object("apps/v1", "Deployment", spec={"selector": {"matchLabels": {"a": "b"}}}),
            _object("apps/v1", "Deployment", spec={"selector": {"matchLabels": {"a": "c"}}}),
            True,
        ),
        (
            _object("apps/v1", "StatefulSet", spec={"volumeClaimTemplates": [{"spec": 1}]}),
            _object("apps/v1", "StatefulSet", spec={"volumeClaimTemplates": [{"spec": 2}]}),
            True,
        ),
        (
            _object("batch/v1", "Job", spec={"template": {"spec": _POD}}),
            _object(
                "batch/v1", "Job", spec={"template": {"spec": {"containers": [{"name": "c", "image": "b"}]}}}
            ),
            True,
        ),
        (
            _object("v1", "Pod", spec=_POD),
            _object("v1", "Pod", spec={"containers": [{"name": "c", "image": "b"}]}),
            True,
        ),
        (
            _object("v1", "Pod", spec={"activeDeadlineSeconds": 1}),
            _object("v1", "Pod", spec={"activeDeadlineSeconds": 2}),
            False,
        ),
        (
            _object("storage.k8s.io/v1", "StorageClass", provisioner="a"),
            _object("storage.k8s.io/v1", "StorageClass", provisioner="b"),
            True,
        ),
        (
            _object("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={"name": "a"}),
            _object("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={"name": "b"}),
            True,
        ),
        (
            _object("v1", "ConfigMap"),
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n", "namespace": "other"}},
            True,
        ),
    ],
)
def test_replacements_are_those_of_the_official_provider(before: Any, after: Any, replaced: bool) -> None:
    verdict = judge(before, after, Mutability(), patch=False, renamable=False)
    assert verdict.changes
    assert bool(verdict.replaces) is replaced
    assert verdict.delete_before_replace is replaced


def test_a_mutable_config_map_is_changed_in_place_unless_it_is_immutable() -> None:
    before, after = _object("v1", "ConfigMap", data={"a": "1"}), _object("v1", "ConfigMap", data={"a": "2"})
    mutable = Mutability(config_maps=True)
    assert not judge(before, after, mutable, patch=False, renamable=False).replaces
    frozen = {"immutable": True}
    assert judge(before | frozen, after | frozen, mutable, patch=False, renamable=False).replaces == [
        "data.a"
    ]


def test_an_autonamed_object_is_replaced_beside_the_old_one() -> None:
    before, after = _object("v1", "ConfigMap", data={"a": "1"}), _object("v1", "ConfigMap", data={"a": "2"})
    verdict = judge(before, after, Mutability(), patch=False, renamable=True)
    assert verdict.replaces
    assert not verdict.delete_before_replace


def test_a_patch_is_replaced_only_for_another_object() -> None:
    before, after = _object("v1", "ConfigMap", data={"a": "1"}), _object("v1", "ConfigMap", data={"a": "2"})
    assert not judge(before, after, Mutability(), patch=True, renamable=False).replaces
