"""The verbs, as cheap as they can be."""

from __future__ import annotations

import hashlib

from sandbox.providers.answers import question
from sandbox.providers.base import Diff, Props, ProviderError, Session, State
from sandbox.providers.codec import UNKNOWN, reveal
from sandbox.providers.noop.recording import Recording


class NoopSession(Session):
    """Nothing is made; a recording says what would have been."""

    nested_secrets = True

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def diff(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, news: Props
    ) -> Diff:
        return Diff(
            [key for key in sorted(old_inputs.keys() | news.keys()) if old_inputs.get(key) != news.get(key)]
        )

    def create(self, urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
        made = self._recording.made.get(urn)
        if preview:
            later = dict.fromkeys(made.outputs, UNKNOWN) if made else {}
            return State("", later | inputs)
        if made:
            return State(made.id, made.outputs)
        return State(f"{urn.rsplit('::', 1)[-1]}-{hashlib.sha256(urn.encode()).hexdigest()[:8]}", inputs)

    def read(self, urn: str, type_: str, id_: str, inputs: Props, outputs: Props) -> State | None:
        made = self._recording.made.get(urn)
        return State(id_, made.outputs if made else outputs or inputs, inputs)

    def update(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, news: Props,
        preview: bool, timeout: float,
    ) -> Props:  # fmt: skip
        return old_outputs | news

    def delete(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, timeout: float
    ) -> None:
        return None

    def invoke(self, token: str, args: Props) -> Props:
        answer = self._recording.answers.get(question(token, reveal(args)))
        if answer is None:
            raise ProviderError(
                f"no recorded answer to {token} with these arguments: the floor replays what the measured "
                "run was told. Record the run with FERRY_RECORD_INVOKES"
            )
        return answer
