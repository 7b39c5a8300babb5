"""Blue and green: weights, the pin, and the old version that stays until it is released (C6).

Proves the decisions under any sequence of the three hands; Argo CD and Envoy are met in the rehearsal.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from workloads.evidence import Finding, Verdict
from workloads.slots import Slots, back, fill, pin, release, shift
from workloads.stages import Refusal
from workloads.state import Slot

PASS = Finding(verdict=Verdict.PASS, why="")
START = Slots(Slot.BLUE, {Slot.BLUE: "v1", Slot.GREEN: None})

findings = st.builds(Finding, verdict=st.sampled_from(Verdict), why=st.just("drawn"))
hands = st.one_of(
    st.tuples(st.just("pin"), st.sampled_from([None, *Slot])),
    st.tuples(st.just("fill"), st.sampled_from(["v1", "v2", "v3"])),
    st.tuples(st.just("shift"), findings, st.booleans()),
    st.tuples(st.just("shift"), st.just(PASS), st.just(True)),
    st.tuples(st.just("back")),
    st.tuples(st.just("release"), findings),
)


def acted(slots: Slots, hand: tuple[object, ...]) -> Slots | Refusal:
    """What one hand does."""
    name, *rest = hand
    if name == "shift":
        return shift(slots, rest[0], warm=bool(rest[1]))  # type: ignore[arg-type]  # drawn as a finding
    functions = {"pin": pin, "fill": fill, "back": back, "release": release}
    return functions[str(name)](slots, *rest)  # type: ignore[operator,no-any-return]  # drawn to fit


@examples(max_examples=400, deadline=None)
@given(st.lists(hands, max_size=25))
def test_no_sequence_of_hands_breaks_a_rule(story: list[tuple[object, ...]]) -> None:
    """C6: weights sum to 100, no serving model is exchanged, the pin holds, nothing goes to an empty slot."""
    slots = START
    for hand in story:
        new = acted(slots, hand)
        if isinstance(new, Refusal):
            continue
        assert sum(new.weights.values()) == 100
        assert all(new.versions[slot] for slot, weight in new.weights.items() if weight)
        for slot in Slot:
            if new.versions[slot] != slots.versions[slot]:
                assert slots.weights[slot] == 0, "exchanged under requests"
                assert slot is slots.idle
                assert slots.released, "the way back was taken before it was released"
        if slots.pin and new.pin is slots.pin:
            assert new.weights == slots.weights, "only configuration moves a pinned slot"
        if hand[0] == "shift":
            assert hand[1:] == (Finding(verdict=Verdict.PASS, why=hand[1].why), True)  # type: ignore[attr-defined]
        slots = new


def filled(step: int = 0) -> Slots:
    return Slots(Slot.BLUE, {Slot.BLUE: "v1", Slot.GREEN: "v2"}, step)


def test_a_version_goes_up_step_by_step_and_the_old_one_stays() -> None:
    """C6: five steps; then green is active and blue is kept."""
    slots: Slots | Refusal = filled()
    shares = []
    for _ in range(5):
        assert isinstance(slots, Slots)
        slots = shift(slots, PASS, warm=True)
        assert isinstance(slots, Slots)
        shares.append(slots.weights[Slot.GREEN])
    assert shares == [1, 5, 25, 50, 100]
    assert isinstance(slots, Slots)
    assert (slots.active, slots.versions[Slot.BLUE], slots.released) == (Slot.GREEN, "v1", False)
    assert isinstance(fill(slots, "v3"), Refusal)
    assert back(slots).weights == {Slot.BLUE: 100, Slot.GREEN: 0}
    freed = release(slots, PASS)
    assert isinstance(freed, Slots)
    assert isinstance(fill(freed, "v3"), Slots)


def test_a_pin_overrides_argo_cd_and_the_guard() -> None:
    """C6: design, "active: blue in configuration is a pin that overrides both"."""
    pinned = pin(filled(step=25), Slot.BLUE)
    assert isinstance(pinned, Slots)
    assert pinned.weights == {Slot.BLUE: 100, Slot.GREEN: 0}
    assert isinstance(shift(pinned, PASS, warm=True), Refusal)
    assert back(pinned) == pinned


def test_nothing_is_raised_without_warm_capacity_or_passing_evidence() -> None:
    """C7, C8."""
    assert isinstance(shift(filled(), PASS, warm=False), Refusal)
    for verdict in set(Verdict) - {Verdict.PASS}:
        assert isinstance(shift(filled(), Finding(verdict=verdict, why=""), warm=True), Refusal)


def test_an_empty_slot_cannot_be_pinned() -> None:
    refused = pin(START, Slot.GREEN)
    assert isinstance(refused, Refusal)
    assert "would answer nothing" in str(refused)
