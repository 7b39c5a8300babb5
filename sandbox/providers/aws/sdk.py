"""What the installed pulumi-aws SDK says a type looks like, read from its own source without importing it.

Importing ``pulumi_aws.ec2`` alone runs some ten megabytes of generated Python; the provider needs the names,
the scalar types and which properties are required. Those stand in the annotated getters of the generated
classes, so this module cuts the one class it is asked for out of the file and reads its annotations.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Kind = Literal["string", "integer", "number", "boolean", "any", "list", "map", "object"]

_SCALARS: Final[Mapping[str, Kind]] = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
}
_GETTER: Final = re.compile(
    r"@pulumi\.getter(?:\(name=\"(?P<wire>\w+)\"\))?\n"
    r"(?:    @_utilities\.deprecated\(\"\"\"(?:.|\n)*?\"\"\"\)\n)?"
    r"    def (?P<python>\w+)\(self\) -> (?P<type>.+):\n"
)


@dataclass(frozen=True)
class Shape:
    """A property's type: its kind, whether it must be given, a list's item, an object's class."""

    kind: Kind
    required: bool = False
    item: Shape | None = None
    of: str = ""


@dataclass(frozen=True)
class TypeInfo:
    """A resource type: inputs and outputs by their wire names, and the package its nested classes live in."""

    token: str
    package: str
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]

    @property
    def taggable(self) -> bool:
        """Whether default tags reach it."""
        return "tagsAll" in self.outputs and "tags" in self.inputs

    @property
    def regional(self) -> bool:
        """Whether it takes the per-resource ``region`` of pulumi-aws 7."""
        return "region" in self.inputs


class UnknownTypeError(LookupError):
    """The SDK has no such token."""


@functools.cache
def _root() -> Path:
    spec = importlib.util.find_spec("pulumi_aws")
    if spec is None or spec.origin is None:
        raise UnknownTypeError("pulumi_aws is not installed, so no type can be checked. Run `uv sync`.")
    return Path(spec.origin).parent


@functools.cache
def tokens() -> Mapping[str, str]:
    """Every resource token of the SDK and the Python package that holds it, from the SDK's own register."""
    source = (_root() / "__init__.py").read_text()
    start = source.index('resource_modules="""') + len('resource_modules="""')
    modules = json.loads(source[start : source.index('"""', start)])
    return {
        token: module["fqn"].removeprefix("pulumi_aws").lstrip(".")
        for module in modules
        for token in module["classes"]
    }


@functools.cache
def _text(package: str, file: str) -> str:
    return (_root() / package / file).read_text()


def _file_of(token: str, package: str) -> str:
    stem = token.split(":")[1].rsplit("/", 1)[-1]
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", stem).lower()
    if (_root() / package / f"{snake}.py").exists():
        return f"{snake}.py"
    marker = f'@pulumi.type_token("{token}")'
    for path in (_root() / package).glob("*.py"):
        if marker in path.read_text():
            return path.name
    raise UnknownTypeError(f"{token}: the SDK's package {package} has no file for it")


@functools.cache
def type_info(token: str) -> TypeInfo:
    """The type behind a token. Raises :class:`UnknownTypeError` when the SDK has none."""
    package = tokens().get(token)
    if package is None:
        raise UnknownTypeError(f"pulumi-aws has no resource type {token}")
    source = _text(package, _file_of(token, package))
    inputs = source[source.index("@pulumi.input_type") :]
    inputs = inputs[: _after(inputs, "\n@pulumi.input_type\n")]
    resource = source[source.index(f'@pulumi.type_token("{token}")') :]
    return TypeInfo(token, package, _getters(inputs), _getters(resource))


def _after(text: str, marker: str) -> int:
    position = text.find(marker, 1)
    return len(text) if position < 0 else position


@functools.cache
def nested(package: str, name: str) -> Mapping[str, Shape]:
    """The properties of a nested input class such as ``BucketVersioningVersioningConfigurationArgs``."""
    source = _text(package, "_inputs.py")
    start = source.find(f"\nclass {name}:")
    if start < 0:
        return {}
    section = source[start:]
    return _getters(section[: _after(section, "\nclass ")])


@functools.cache
def output_class(package: str, name: str) -> Mapping[str, Shape]:
    """The properties of a nested output class, by wire name."""
    source = _text(package, "outputs.py")
    start = source.find(f"\nclass {name}(dict):")
    if start < 0:
        return {}
    section = source[start:]
    return _getters(section[: _after(section, "\nclass ")])


def _getters(section: str) -> dict[str, Shape]:
    return {match["wire"] or match["python"]: _shape(match["type"]) for match in _GETTER.finditer(section)}


@functools.cache
def _shape(annotation: str) -> Shape:
    return _read(ast.parse(annotation, mode="eval").body)


def _read(node: ast.expr) -> Shape:
    match node:
        case ast.Subscript(value=outer, slice=inner):
            return _read_generic(_name(outer), inner)
        case ast.Constant(value=str(name)):
            return Shape("object", required=True, of=name.rsplit(".", 1)[-1])
        case _:
            return Shape(_SCALARS.get(_name(node), "any"), required=True)


def _read_generic(outer: str, inner: ast.expr) -> Shape:
    match outer:
        case "Input" | "Output":
            return _read(inner)
        case "Optional":
            found = _read(inner)
            return Shape(found.kind, False, found.item, found.of)
        case "Sequence":
            return Shape("list", required=True, item=_read(inner))
        case "Mapping" if isinstance(inner, ast.Tuple):
            return Shape("map", required=True, item=_read(inner.elts[1]))
        case "Union" if isinstance(inner, ast.Tuple):
            return _read_union(inner.elts)
    return Shape("any", required=True)


def _read_union(options: list[ast.expr]) -> Shape:
    """An enum is ``Union[str, 'Name']``: a string on the wire. A policy may also be an object."""
    shapes = [_read(option) for option in options]
    if any(shape.kind == "any" or shape.of == "PolicyDocumentArgs" for shape in shapes):
        return Shape("any", required=True)
    return Shape(shapes[0].kind, True, shapes[0].item, shapes[0].of)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
