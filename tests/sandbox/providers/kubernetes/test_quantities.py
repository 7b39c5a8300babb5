"""The spelling of quantities. Proves equality with the API machinery's rules; not what a quantity means."""

import pytest

from sandbox.providers.kubernetes.quantities import canonical, canonical_quantities


@pytest.mark.parametrize(
    ("given", "canonical_form"),
    [
        ("0.5", "500m"), ("1", "1"), (1, "1"), (0.25, "250m"), ("1000m", "1"), ("1500m", "1500m"),
        ("1024Mi", "1Gi"), ("0.5Gi", "512Mi"), ("100Mi", "100Mi"), ("1000M", "1G"), ("0", "0"),
        ("1e3", "1e3"), ("16Gi", "16Gi"), ("nonsense", "nonsense"), ("2000k", "2M"), (True, True),
    ],
)  # fmt: skip
def test_quantity_is_spelt_as_the_api_server_spells_it(given: object, canonical_form: object) -> None:
    assert canonical(given) == canonical_form


def test_only_quantities_of_the_object_are_respelt() -> None:
    labels = {"limits": "1000m"}
    env = [{"name": "HALF", "value": "0.5"}]
    container = {"resources": {"limits": {"cpu": "0.5"}, "requests": {"nvidia.com/gpu": 1}}, "env": env}
    respelt = canonical_quantities({"metadata": {"labels": labels}, "spec": {"containers": [container]}})
    assert respelt["metadata"]["labels"] == labels
    [seen] = respelt["spec"]["containers"]
    assert seen["env"] == env
    assert seen["resources"] == {"limits": {"cpu": "500m"}, "requests": {"nvidia.com/gpu": "1"}}


def test_a_config_map_is_nobodys_quantity() -> None:
    obj = {"kind": "ConfigMap", "data": {"sizeLimit": "0.5", "divisor": "1000m"}}
    assert canonical_quantities(obj) == obj
