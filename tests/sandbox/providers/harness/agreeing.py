"""AWS and a cluster that take everything, but for what a test breaks."""

from __future__ import annotations

from sandbox.providers.base import Diff, Props, Session, State


class Agreeing(Session):
    """Keeps inputs as outputs and adds what AWS and a cluster would."""

    broken: frozenset[str] = frozenset()
    """Names of resources whose creation is refused."""

    def create(self, urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
        name = urn.rpartition("::")[2]
        if preview:
            return State("", inputs)
        if name in self.broken:
            raise RuntimeError(f"{name}: the cluster said no")
        spec = inputs.get("spec")
        more = {"spec": {**spec, "clusterIP": "172.20.0.7"}} if type_.endswith(":Service") and spec else {}
        arn = f"arn:aws:iam::123456789012:role/{name}"
        return State(name, {**inputs, **more, "arn": arn, "name": name})

    def update(
        self,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: Props,
        old_outputs: Props,
        news: Props,
        preview: bool,
        timeout: float,
    ) -> Props:
        return {**old_outputs, **news}

    def diff(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, news: Props
    ) -> Diff:
        return Diff([key for key in news if old_inputs.get(key) != news.get(key)])

    def delete(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, timeout: float
    ) -> None:
        pass
