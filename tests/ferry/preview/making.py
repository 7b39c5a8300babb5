"""Steps for tests, and strategies that make any."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from ferry.preview.reach import GRANTS
from ferry.preview.seen import UNKNOWN, Kind, Ruling, Seen, Step
from ferry.preview.stakes import HOLDS

PREFIX = "urn:pulumi:dev::ferry::"


def step(kind: Kind, type_: str, name: str, old: Any = None, new: Any = None, **more: Any) -> Step:
    """A resource's step."""
    return Step(kind=kind, urn=f"{PREFIX}{type_}::{name}", type=type_, old=old, new=new, **more)


def policy(*statements: dict[str, Any]) -> str:
    """An IAM document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    """A statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


_TEXT = st.text(max_size=400) | st.sampled_from(
    ["```", "</details>", "|", "<!-- ", "@everyone", "\n\n# no", UNKNOWN, "{", "🔴" * 50, "`" * 30]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_TEXT, inner, max_size=5),
    max_leaves=20,
)
_PROPS = st.none() | st.dictionaries(
    st.sampled_from(["policy", "spec", "tags", "metadata", "rules", "role"]) | _TEXT, _VALUES, max_size=6
)
_STEPS = st.builds(
    Step,
    kind=st.sampled_from(Kind),
    urn=_TEXT.map(lambda name: f"{PREFIX}x::{name}"),
    type=st.sampled_from(sorted({*GRANTS, *HOLDS})) | _TEXT,
    old=_PROPS,
    new=_PROPS,
    why=st.lists(_TEXT, max_size=8).map(tuple),
    protected=st.booleans(),
)
_RULINGS = st.builds(Ruling, policy=_TEXT, said=_TEXT, mandatory=st.booleans())


@st.composite
def any_seen(draw: st.DrawFn) -> Seen:
    """Any preview: strange names, deep inputs, and as many of them as a first `up` has."""
    few = draw(st.lists(_STEPS, max_size=6))
    times = draw(st.sampled_from([1, 30, 120]))
    return Seen(
        steps=tuple(
            item.model_copy(update={"urn": f"{item.urn}{turn}"}) for turn in range(times) for item in few
        ),
        unchanged=draw(st.integers(0, 10**6)),
        rulings=tuple(draw(st.lists(_RULINGS, max_size=4))) * times,
        errors=tuple(draw(st.lists(_TEXT, max_size=3))) * times,
        rules=draw(_TEXT),
    )
