"""The wire form of values, there and back.

Proves that what the engine marks (unknown, secret, output, resource reference) arrives as what a provider
handles, and leaves as the engine reads it. Cannot prove the marks themselves: they are the
protocol's constants.
"""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from sandbox.providers.codec import (
    UNKNOWN,
    Secret,
    decode,
    encode,
    has_secret,
    has_unknown,
    reveal,
    secret_keys,
)

SCALARS = st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text() | st.just(UNKNOWN)
KEYS = st.text(min_size=1).filter(lambda key: key != rpc._special_sig_key)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner) | inner.map(Secret),
    max_leaves=20,
)


def wire(value: Any) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update({"it": value})
    return struct


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_is_encoded_decodes_to_itself(values: dict[str, Any]) -> None:
    assert decode(encode(values)) == values


def test_marks_are_those_of_the_sdk() -> None:
    assert decode(wire(rpc.UNKNOWN))["it"] is UNKNOWN
    marked = {rpc._special_sig_key: rpc._special_secret_sig, "value": "hush"}
    assert decode(wire(marked)) == {"it": Secret("hush")}


def test_output_is_its_value_or_unknown_and_secret_when_marked() -> None:
    signature = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
    assert decode(wire({rpc._special_sig_key: signature, "value": 1})) == {"it": 1}
    assert decode(wire({rpc._special_sig_key: signature}))["it"] is UNKNOWN
    assert decode(wire({rpc._special_sig_key: signature, "value": 1, "secret": True})) == {"it": Secret(1)}


def test_resource_reference_is_its_id() -> None:
    reference = {rpc._special_sig_key: rpc._special_resource_sig, "urn": "urn:x", "id": "vpc-1"}
    assert decode(wire(reference)) == {"it": "vpc-1"}


def test_whole_numbers_arrive_as_integers() -> None:
    found = decode(wire([1.0, 1.5]))["it"]
    assert [type(number) for number in found] == [int, float]


def test_what_is_not_json_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="object cannot travel to the engine"):
        encode({"it": object()})


def test_unknown_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match="is UNKNOWN"):
        bool(UNKNOWN)


def test_secrets_and_unknowns_are_found_at_any_depth_and_secrets_are_revealed() -> None:
    values = {"a": [{"b": Secret({"c": UNKNOWN})}], "d": 1}
    assert secret_keys(values) == {"a"}
    assert has_secret(values)
    assert has_unknown(values)
    assert reveal(values) == {"a": [{"b": {"c": UNKNOWN}}], "d": 1}
    assert not has_unknown({"d": 1})


def test_a_secret_does_not_print_itself() -> None:
    assert "hush" not in repr(Secret("hush"))
