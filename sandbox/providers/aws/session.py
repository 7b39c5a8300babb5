"""The engine's half of the provider: check, diff, preview and state, the same for every type."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from sandbox.providers.aws import checks, sdk, table
from sandbox.providers.aws.account import Account, settings_of
from sandbox.providers.aws.compare import agrees, merged, same
from sandbox.providers.aws.handler import Change, Handler, Scope
from sandbox.providers.aws.refusals import is_gone, refusals
from sandbox.providers.aws.sdk import TypeInfo
from sandbox.providers.base import Checked, Diff, Props, ProviderError, Session, State
from sandbox.providers.codec import UNKNOWN, Value, has_unknown

log = logging.getLogger(__name__)


class AwsSession(Session):
    """One ``aws.Provider`` of the program: a region, an account and default tags."""

    def __init__(self) -> None:
        self._account = Account(settings_of({}))

    def configure(self, config: Props) -> None:
        """Take region, allowed accounts and default tags; refuse an account that is not allowed."""
        self._account = Account(settings_of(config))
        self._account.verify()

    def check(self, urn: str, type_: str, olds: Props, news: Props, seed: bytes) -> Checked:
        """Fill in names, defaults and tags; judge by the SDK's types and AWS's schema."""
        info, handler = _known(type_)
        inputs = _as_documents(info, {key: value for key, value in news.items() if value is not None})
        defaulted = _fill_defaults(handler, urn, olds, inputs, seed)
        inputs = handler.fill(inputs)
        if info.taggable:
            inputs["tagsAll"] = self._account.all_tags(inputs.get("tags"))
        if defaulted:
            inputs["__defaults"] = sorted(defaulted)
        return Checked(inputs, checks.failures(info, handler, inputs))

    def diff(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, news: Props
    ) -> Diff:
        """What changes, and what of it forces a replacement."""
        info, handler = _known(type_)
        changed = _changed(info, handler, old_inputs, news)
        replaces = checks.replacing(info, handler, changed) | handler.forces(old_inputs, news, changed)
        if info.regional and _region(news, self._account) != _region(old_outputs, self._account):
            changed, replaces = changed | {"region"}, replaces | {"region"}
        return Diff(
            sorted(changed),
            sorted(replaces),
            bool(replaces) and _delete_first(handler, old_inputs, news, changed),
        )

    def create(self, urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
        """Make it, or say in preview what is already known about it."""
        info, handler = _known(type_)
        aws = self._scope(inputs)
        if preview:
            return State("", self._preview(info, handler, aws, inputs))
        with refusals(f"creating {handler.title} ({_label(handler, urn, inputs)})"):
            made = handler.create(aws, _bare(inputs))
        return State(made.id, self._outputs(info, handler, aws, inputs, made.live))

    def read(self, urn: str, type_: str, id_: str, inputs: Props, outputs: Props) -> State | None:
        """The live state; on import (nothing known yet) also the inputs that describe it."""
        info, handler = _known(type_)
        aws = self._scope(outputs or inputs)
        with refusals(f"reading {handler.title} ({id_})"):
            live = _unless_gone(handler, aws, id_, {**inputs, **outputs})
        if live is None:
            return None
        found = self._live_inputs(info, inputs, live)
        return State(id_, self._outputs(info, handler, aws, found, live), found)

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
        """Change it in place."""
        info, handler = _known(type_)
        aws = self._scope(old_outputs)
        if preview:
            moving = dict.fromkeys(handler.moves_on_update, UNKNOWN)
            return {**old_outputs, **_stored(handler, news), **moving}
        changed = _changed(info, handler, old_inputs, news)
        with refusals(f"updating {handler.title} ({id_})"):
            self._apply(handler, aws, id_, Change(_bare(old_inputs), _bare(news), changed, old_outputs))
            live = handler.read(aws, id_, {**old_outputs, **news})
        if live is None:
            raise ProviderError(f"updating {handler.title} ({id_}): it is gone. Run `pulumi refresh`.")
        return self._outputs(info, handler, aws, news, live)

    def delete(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, timeout: float
    ) -> None:
        """Remove it; already gone is success."""
        _, handler = _known(type_)
        aws = self._scope(old_outputs)
        with refusals(f"deleting {handler.title} ({id_})"):
            try:
                handler.delete(aws, id_, {**old_outputs, **_bare(old_inputs)})
            except Exception as error:
                if not is_gone(error):
                    raise
                log.info("%s (%s) was already gone", handler.title, id_)

    def invoke(self, token: str, args: Props) -> Props:
        """A data source."""
        function = table.invoke_for(token)
        region = args.get("region") or self._account.region
        with refusals(f"reading {token}"):
            return function(self._account.scope(region), args)

    def secret_outputs(self, type_: str) -> frozenset[str]:
        """Outputs that are secret by nature."""
        return _known(type_)[1].secrets

    def _scope(self, props: Mapping[str, Value]) -> Scope:
        return self._account.scope(_region(props, self._account))

    def _apply(self, handler: Handler, aws: Scope, id_: str, change: Change) -> None:
        own = change.keys - {"tags", "tagsAll"}
        if own:
            handler.update(aws, id_, change)
        if "tagsAll" in change:
            old, new = change.old.get("tagsAll") or {}, change.new.get("tagsAll") or {}
            put = {key: value for key, value in new.items() if old.get(key) != value}
            handler.retag(aws, id_, change.outputs, put, [key for key in old if key not in new])

    def _preview(self, info: TypeInfo, handler: Handler, aws: Scope, inputs: Props) -> Props:
        unknown = {
            key: UNKNOWN for key, shape in info.outputs.items() if shape.required or key not in info.inputs
        }
        fixed: Props = {"region": aws.region} if info.regional and aws.region else {}
        outputs = {**unknown, **fixed, **handler.determined(aws, inputs), **_stored(handler, inputs)}
        for key, inner in handler.computed_inside.items():
            if isinstance(outputs.get(key), dict):
                outputs[key] = {**dict.fromkeys(inner, UNKNOWN), **outputs[key]}
        return outputs

    def _outputs(self, info: TypeInfo, handler: Handler, aws: Scope, inputs: Props, live: Props) -> Props:
        fixed: Props = {"region": aws.region} if info.regional else {}
        outputs = {**fixed, **_stored(handler, inputs)}
        for key, value in live.items():
            if key in info.outputs:
                given = key in outputs and agrees(outputs[key], value)
                outputs[key] = merged(outputs[key], value) if given else value
        if info.taggable:
            outputs["tags"] = inputs.get("tags")
        return {**_nothing(info), **outputs}

    def _live_inputs(self, info: TypeInfo, inputs: Props, live: Props) -> Props:
        """Stored inputs with drifted values replaced; on import, every input that has a live value."""
        live = dict(live)
        if info.taggable and "tagsAll" in live:
            live["tags"] = self._account.own_tags(live["tagsAll"], inputs.get("tags"))
        if not inputs:
            return {
                key: value
                for key, value in live.items()
                if (key in info.inputs or key == "tagsAll") and value not in (None, "", [], {})
            }
        return {
            key: live[key] if key in live and not agrees(value, live[key]) else value
            for key, value in inputs.items()
        }


def _known(type_: str) -> tuple[TypeInfo, Handler]:
    handler = table.handler_for(type_)
    return sdk.type_info(type_), handler


def _region(props: Mapping[str, Value], account: Account) -> str:
    region = props.get("region")
    return region if isinstance(region, str) and region else account.region


def _bare(inputs: Props) -> Props:
    return {key: value for key, value in inputs.items() if key != "__defaults"}


def _stored(handler: Handler, inputs: Props) -> Props:
    """Inputs as they appear among the outputs: write-only values never do."""
    return {
        key: value for key, value in inputs.items() if key != "__defaults" and key not in handler.write_only
    }


def _nothing(info: TypeInfo) -> Props:
    """Computed outputs that AWS left empty: the provider gives them as empty, not as missing."""
    empty: dict[str, Value] = {"string": "", "list": [], "boolean": False, "integer": 0}
    return {
        key: empty[shape.kind]
        for key, shape in info.outputs.items()
        if shape.required and shape.kind in empty
    }


def _as_documents(info: TypeInfo, inputs: Props) -> Props:
    """Policy documents may be given as objects; AWS takes and keeps text."""
    return {
        key: json.dumps(value)
        if isinstance(value, dict)
        and not has_unknown(value)
        and key in info.inputs
        and info.inputs[key].kind == "any"
        and "policy" in key.lower()
        else value
        for key, value in inputs.items()
    }


def _fill_defaults(handler: Handler, urn: str, olds: Props, inputs: Props, seed: bytes) -> set[str]:
    """Defaults and the automatic name, in place; a name once given by the provider stays."""
    filled = {key for key in handler.defaults if inputs.get(key) is None}
    inputs.update({key: handler.defaults[key] for key in filled})
    auto = handler.autoname
    if (
        auto is None
        or inputs.get(auto.property) is not None
        or inputs.get(f"{auto.property}Prefix") is not None
    ):
        return filled
    old = olds.get(auto.property) if auto.property in (olds.get("__defaults") or ()) else None
    inputs[auto.property] = old or auto.make(urn.rsplit("::", maxsplit=1)[-1], inputs, seed)
    return filled | {auto.property}


def _changed(info: TypeInfo, handler: Handler, old: Props, new: Props) -> frozenset[str]:
    """Inputs that differ; one that the provider computes if not given may be dropped."""
    ignored = handler.write_only | {"__defaults", "region"}
    return frozenset(
        key
        for key in {*old, *new} - ignored
        if not same(old.get(key), new.get(key)) and not (new.get(key) is None and _settled(info, key))
    )


def _settled(info: TypeInfo, key: str) -> bool:
    shape = info.outputs.get(key)
    return shape is not None and shape.required and key != "tagsAll"


def _delete_first(handler: Handler, old: Props, new: Props, changed: frozenset[str]) -> bool:
    """A replacement under the same, hand-given name cannot stand beside the old one."""
    if handler.replaced_first_deleted:
        return True
    name = handler.autoname.property if handler.autoname else None
    return bool(name and name in old and name not in changed and name not in (new.get("__defaults") or ()))


def _unless_gone(handler: Handler, aws: Scope, id_: str, state: Props) -> Props | None:
    try:
        return handler.read(aws, id_, {key: value for key, value in state.items() if key != "__defaults"})
    except Exception as error:
        if is_gone(error):
            return None
        raise


def _label(handler: Handler, urn: str, inputs: Props) -> str:
    name = inputs.get(handler.autoname.property) if handler.autoname else None
    return str(name or urn.rsplit("::", maxsplit=1)[-1])
