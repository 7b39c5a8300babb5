"""Instance profiles are listed by path, as AWS does.

This tier proves the front's answer. Found by the rehearsal: moto lists every profile whatever the path, so
Karpenter, which deletes those under its own path when a node class goes, tried to delete the program's own,
was refused by its policy, and `destroy` never ended.
"""

from __future__ import annotations

from tests.sandbox.aws.conftest import Clients


def test_instance_profiles_of_another_path_are_not_listed(clients: Clients) -> None:
    iam = clients("iam")
    iam.create_instance_profile(InstanceProfileName="own")
    iam.create_instance_profile(InstanceProfileName="karpenters", Path="/karpenter/us-east-1/ferry-test/uid/")

    def listed(**arguments: str) -> list[str]:
        found = iam.list_instance_profiles(**arguments)["InstanceProfiles"]
        return sorted(profile["InstanceProfileName"] for profile in found)

    assert listed(PathPrefix="/karpenter/us-east-1/ferry-test/") == ["karpenters"]
    assert listed(PathPrefix="/karpenter/us-east-1/other/") == []
    assert listed() == ["karpenters", "own"]
