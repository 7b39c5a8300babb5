"""The committed list of types, each type through its whole life against the emulated AWS.

Proves that a backed type makes something boto3 finds, reads back what was given, does not change twice,
changes in place, is imported and goes away. Cannot prove that the real pulumi-aws does the same.
"""

from __future__ import annotations

import contextlib

import pytest

from sandbox.providers.aws import sdk, table
from sandbox.providers.aws.compare import agrees, same
from sandbox.providers.aws.refusals import is_gone
from sandbox.providers.base import ProviderError
from sandbox.providers.codec import has_unknown
from tests.sandbox.providers.aws.bench import Bench, Made
from tests.sandbox.providers.aws.sample import Sample
from tests.sandbox.providers.aws.samples import SAMPLES


def found(bench: Bench, sample: Sample, made: Made) -> bool:
    with contextlib.suppress(Exception):
        return bool(sample.found(bench, made))
    return False


def test_every_backed_type_has_a_sample() -> None:
    assert set(SAMPLES) == set(table.BACKED)


def test_every_listed_type_exists_in_the_sdk_and_has_its_handler() -> None:
    for type_ in [*table.BACKED, *table.RECORDED]:
        assert type_ in sdk.tokens()
        assert table.handler_for(type_).title


def test_every_recorded_type_says_why() -> None:
    assert not set(table.RECORDED) & set(table.BACKED)
    assert all(len(reason.split()) > 3 for reason in table.RECORDED.values())


def test_type_that_is_not_listed_is_refused_by_name_with_the_way_out() -> None:
    with pytest.raises(ProviderError, match=r"aws:sagemaker/model:Model is not emulated.*table\.py"):
        table.handler_for("aws:sagemaker/model:Model")


def test_type_that_pulumi_aws_lacks_is_refused_by_name() -> None:
    with pytest.raises(ProviderError, match="unrecognized resource type aws:s3/buckett:Buckett"):
        table.handler_for("aws:s3/buckett:Buckett")


def test_data_source_that_is_not_listed_is_refused_by_name() -> None:
    with pytest.raises(ProviderError, match="aws:ec2/getWhatever:getWhatever is not emulated"):
        table.invoke_for("aws:ec2/getWhatever:getWhatever")


@pytest.mark.parametrize("type_", sorted(SAMPLES))
def test_life_of_a_backed_type(bench: Bench, type_: str) -> None:
    sample = SAMPLES[type_]
    inputs = sample.inputs(bench)
    foreseen = bench.preview(type_, **inputs)
    made = bench.make(type_, inputs, name="it")
    assert made.id
    _kept_its_word(foreseen, made)
    assert found(bench, sample, made), "boto3 does not find it"
    _reads_back(bench, made)
    _second_preview_is_empty(bench, made, inputs)
    if sample.importable:
        _imports(bench, made, sample)
    if sample.change is not None:
        made = _changes_in_place(bench, made, {**inputs, **sample.change(bench)})
    bench.delete(made)
    assert found(bench, sample, made) is bool(sample.stays)
    if not sample.stays:
        bench.delete(made)


def _kept_its_word(foreseen: dict[str, object], made: Made) -> None:
    """What the preview knew came true."""
    known = {key: value for key, value in foreseen.items() if not has_unknown(value)}
    assert known
    assert {key: value for key, value in known.items() if not same(value, made.state.outputs.get(key))} == {}


def _reads_back(bench: Bench, made: Made) -> None:
    state = bench.read(made)
    assert state is not None
    before, after = made.state.outputs, state.outputs
    drifted = {
        key: (before.get(key), after.get(key))
        for key in {*before, *after}
        if before.get(key) != after.get(key)
    }
    assert drifted == {}
    assert state.inputs == made.inputs


def _second_preview_is_empty(bench: Bench, made: Made, inputs: dict[str, object]) -> None:
    _, diff = bench.diff(made, inputs)
    assert (diff.changes, diff.replaces) == ([], [])


def _imports(bench: Bench, made: Made, sample: Sample) -> None:
    state = bench.adopt(made.type, made.id)
    assert state is not None
    assert state.inputs is not None
    wanted = {
        key: value
        for key, value in made.inputs.items()
        if key not in sample.unreadable and key != "__defaults" and not same(value, None)
    }
    missed = {
        key: (value, state.inputs.get(key))
        for key, value in wanted.items()
        if not agrees(value, state.inputs.get(key))
    }
    assert missed == {}


def _changes_in_place(bench: Bench, made: Made, news: dict[str, object]) -> Made:
    _, diff = bench.diff(made, news)
    assert diff.changes
    assert diff.replaces == []
    updated = bench.update(made, news)
    assert updated.id == made.id
    _reads_back(bench, updated)
    _second_preview_is_empty(bench, updated, news)
    return updated


def test_gone_is_told_from_refused() -> None:
    class ServiceError(Exception):
        def __init__(self, code: str) -> None:
            self.response = {"Error": {"Code": code}}

    assert all(
        is_gone(ServiceError(code))
        for code in ("InvalidVpcID.NotFound", "NoSuchEntity", "NoSuchBucket", "404")
    )
    assert not any(
        is_gone(ServiceError(code)) for code in ("DependencyViolation", "AccessDenied", "InvalidParameter")
    )
