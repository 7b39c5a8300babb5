"""A container read as a kubelet reads it, and what the bridge changes of it: addresses, and nothing else.

The manifests here are data; that a process then really gets all this is proved in ``test_inside``.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from sandbox.bridge import Addresses, ReadError, Volume, read, translated
from tests.sandbox.bridge.objects import CLUSTER, CONTAINER, IMAGE, ROLE, TEMPLATE

HERE = Addresses(
    own="127.70.0.1",
    aws="http://127.0.0.1:4000",
    apiserver=("127.0.0.1", 6443),
    hosts={"db.example": "127.71.0.1"},
)
ADDED = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4000",
    "KUBERNETES_SERVICE_HOST": "127.0.0.1",
    "KUBERNETES_SERVICE_PORT": "6443",
}
FOUND = read(TEMPLATE, "app", "space", CLUSTER, IMAGE)


def changed(change: Any) -> dict[str, Any]:
    """The template with its spec changed by a function."""
    template = copy.deepcopy(TEMPLATE)
    change(template["spec"])
    return template


def test_every_variable_of_the_manifest_is_there_with_its_value() -> None:
    assert {
        name: FOUND.environment[name] for name in ("NAME", "JOINED", "WORD", "LEVEL", "SPACE", "ADDRESS")
    } == {
        "NAME": "plain",
        "JOINED": "plain-joined",
        "WORD": "hidden",
        "LEVEL": "info",
        "SPACE": "space",
        "ADDRESS": "127.70.0.1",
    }
    assert FOUND.environment["S_level"] == "info"
    assert FOUND.environment["PATH"] == IMAGE.environment["PATH"]


def test_arguments_are_filled_in_as_kubernetes_does() -> None:
    assert FOUND.argv == (
        "app",
        "--name=plain",
        "--unknown=$(UNKNOWN)",
        "$(NAME)",
        "--host=0.0.0.0",
        "--database",
        "db.example:5432",
    )


def test_account_with_a_role_gets_what_ekss_webhook_gives_it() -> None:
    """A4."""
    assert FOUND.environment["AWS_ROLE_ARN"] == ROLE
    path = FOUND.environment["AWS_WEB_IDENTITY_TOKEN_FILE"]
    folder, _, name = path.rpartition("/")
    assert FOUND.volumes[folder].files == {name: b"space/app for sts.amazonaws.com"}


def test_account_without_a_role_gets_no_token_for_aws() -> None:
    template = changed(lambda spec: spec.update(serviceAccountName="plain"))
    found = read(template, "app", "space", CLUSTER, IMAGE)
    assert not [name for name in found.environment if name.startswith("AWS_")]


def test_volumes_have_the_content_that_their_objects_have() -> None:
    assert FOUND.volumes["/etc/app"] == Volume(
        "config", {"level": b"info", "file.conf": b"listen 0.0.0.0\n", "blob": b"\x00\x01"}, read_only=True
    )
    assert FOUND.volumes["/run/words"].files == {"word": b"hidden"}
    assert FOUND.volumes["/var/run/both"].files == {"token": b"space/app for vault", "a/level": b"info"}
    assert FOUND.volumes["/work"] == Volume("scratch")


def test_a_volume_in_memory_is_told_from_one_on_disk() -> None:
    """A7: a kubelet never writes it down."""
    in_memory = [{"name": "scratch", "emptyDir": {"medium": "Memory"}}]

    def change(spec: dict[str, Any]) -> None:
        spec["volumes"] = [item for item in spec["volumes"] if item["name"] != "scratch"] + in_memory

    found = read(changed(change), "app", "space", CLUSTER, IMAGE)
    assert found.volumes["/work"] == Volume("scratch", in_memory=True)


def test_api_token_is_mounted_unless_the_pod_says_no() -> None:
    folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    assert FOUND.volumes[folder].files["ca.crt"] == b"the CA"
    without = changed(lambda spec: spec.update(automountServiceAccountToken=False))
    assert folder not in read(without, "app", "space", CLUSTER, IMAGE).volumes


def test_only_addresses_differ_after_the_translation() -> None:
    """B1: every other field is what the program applied."""
    here = translated(FOUND, HERE)
    assert (here.name, here.volumes, here.user) == (FOUND.name, FOUND.volumes, FOUND.user)
    added = {name: value for name, value in here.environment.items() if name not in FOUND.environment}
    assert added == ADDED
    changed_ = {name for name, value in FOUND.environment.items() if here.environment[name] != value}
    assert changed_ == {"S_file.conf"}, "the one that names the address to listen on"
    differing = [
        (before, after) for before, after in zip(FOUND.argv, here.argv, strict=True) if before != after
    ]
    assert differing == [("--host=0.0.0.0", "--host=127.70.0.1")]
    assert "127.71.0.1 db.example" in HERE.hosts_file().splitlines()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda spec: spec.update(serviceAccountName="gone"), "ServiceAccount space/gone is missing"),
        (
            lambda spec: spec["containers"][0]["env"][2]["valueFrom"]["secretKeyRef"].update(key="no"),
            "no key no",
        ),
        (lambda spec: spec["volumes"][2]["secret"].update(secretName="no"), "Secret space/no is missing"),
        (
            lambda spec: spec["volumes"][0].update(hostPath={}) or spec["volumes"][0].pop("emptyDir"),
            "hostPath",
        ),
        (lambda spec: spec["containers"][0]["volumeMounts"][0].update(name="no"), "mounts no"),
        (lambda spec: spec["containers"][0]["volumeMounts"][0].update(subPath="a"), "subPath"),
        (
            lambda spec: spec["containers"][0]["env"].append(
                {"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}
            ),
            "resourceFieldRef",
        ),
    ],
)
def test_what_it_cannot_bring_is_an_error_and_never_left_out(change: Any, says: str) -> None:
    with pytest.raises(ReadError, match=says):
        read(changed(change), "app", "space", CLUSTER, IMAGE)


def test_unknown_container_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(ReadError, match=r"no container other \(it has app\)"):
        read(TEMPLATE, "other", "space", CLUSTER, IMAGE)


def test_container_without_a_command_runs_the_images_entrypoint() -> None:
    template = changed(lambda spec: spec["containers"][0].pop("command"))
    assert read(template, "app", "space", CLUSTER, IMAGE).argv[0] == "app"
    assert CONTAINER["command"]
