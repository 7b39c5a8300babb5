"""What a person may ask of a rehearsal: wrong choices are refused before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferry.rehearsal.options import OptionError, parse_providers
from sandbox.engine import official_plugin


def test_everything_is_emulated_by_default() -> None:
    assert parse_providers("") == {"aws": "emulated", "eks": "emulated", "kubernetes": "emulated"}


@pytest.mark.parametrize("text", ["azure=real", "aws", "aws=maybe", "=real"])
def test_an_unknown_package_or_choice_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(OptionError, match="nothing was started") as refusal:
        parse_providers(text)
    assert "--providers kubernetes=real,eks=real" in str(refusal.value)


def test_a_plugin_that_is_not_installed_is_refused_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    with pytest.raises(OptionError, match="pulumi plugin install resource aws"):
        parse_providers("aws=real")


def test_an_installed_plugin_is_taken_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin = tmp_path / "plugins" / "resource-eks-v4.4.0" / "pulumi-resource-eks"
    plugin.parent.mkdir(parents=True)
    plugin.touch()
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    assert parse_providers("eks=real") == {"aws": "emulated", "eks": "real", "kubernetes": "emulated"}
    assert official_plugin("eks") == plugin
