"""One environment's configuration: read whole, judged before anything is made, explained when it is wrong.

``load`` is for the program, ``load_file`` for tools without an engine. Both are pure apart from reading the
file, and both list every mistake at once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stacks.settings import example
from stacks.settings.explaining import explain
from stacks.settings.mistakes import Mistake, SettingsError, key_of
from stacks.settings.model import Environment, Settings
from stacks.settings.reading import from_engine
from stacks.settings.rules import broken
from stacks.settings.stack_file import from_file

__all__ = ["Environment", "Mistake", "Settings", "SettingsError", "load", "load_file"]

_SELECT = "pulumi stack select dev"


def load(environment: str, config: Mapping[str, str], secret_keys: Collection[str] = ()) -> Settings:
    """Settings from the configuration as the engine holds it.

    Args:
        environment: the stack's name.
        config: every key in full (``ferry:network``) to its text; objects are JSON.
        secret_keys: keys whose values came encrypted; all are refused.

    Raises:
        SettingsError: with every mistake found.
    """
    return _load(environment, config, secret_keys, [])


def load_file(path: Path) -> Settings:
    """Settings from a stack file, ``Pulumi.<environment>.yaml``.

    Raises:
        SettingsError: with every mistake found.
    """
    environment, config, secret_keys, mistakes = from_file(path)
    return _load(environment, config, secret_keys, mistakes)


def _load(
    environment: str,
    config: Mapping[str, str],
    secret_keys: Collection[str],
    before: Sequence[Mistake],
) -> Settings:
    document = from_engine(config, secret_keys)
    mistakes = [*before, *document.mistakes]
    known = environment in list(Environment)
    if not known:
        names = ", ".join(Environment)
        mistakes.append(Mistake("stack", f'"{environment}" is not an environment ({names})', _SELECT))
    values = {**document.values, "environment": environment if known else Environment.DEV}
    settings, wrong, more = _validated(values)
    unheard = wrong | document.accounted | (set() if known else {"environment"})
    mistakes += [
        mistake for mistake in more if mistake.key not in {key_of((name,)) for name in document.accounted}
    ]
    mistakes += broken(settings, set(Settings.model_fields) - unheard)
    if mistakes:
        raise SettingsError(environment, mistakes)
    return settings


def _validated(values: Mapping[str, Any]) -> tuple[Settings, set[str], list[Mistake]]:
    """Settings, the top-level keys that are wrong, and why.

    Each wrong key is replaced by the example's, so that rules over the others can still be judged and a
    person reads all mistakes at once.
    """
    try:
        return Settings.model_validate_json(json.dumps(values)), set(), []
    except ValidationError as error:
        wrong = {str(details["loc"][0]) for details in error.errors()}
        right = {name: value for name, value in values.items() if name not in wrong}
        patched = {**right, **{name: example.DOCUMENT[name] for name in wrong if name in example.DOCUMENT}}
        return Settings.model_validate_json(json.dumps(patched)), wrong, explain(error)
