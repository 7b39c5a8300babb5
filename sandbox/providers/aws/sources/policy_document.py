"""``aws:iam/getPolicyDocument:getPolicyDocument``: a policy document from statements, whole.

Follows the Terraform data source's documentation: sources first, then the statements, then overrides; an
override replaces the statement of its ``sid``, elsewhere equal ones clash; single values are written as text,
several as a list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.providers.aws.handler import Scope
from sandbox.providers.base import Props, ProviderError

VERSION: Final = "2012-10-17"
Statement = dict[str, Any]


def policy_document(aws: Scope, args: Props) -> Props:
    """The document, indented (``json``) and on one line (``minifiedJson``)."""
    statements = _merge_unique(
        [
            *_statements_of(args.get("sourcePolicyDocuments") or ()),
            *_statements_of([args["sourceJson"]] if args.get("sourceJson") else ()),
            *(_statement(item) for item in args.get("statements") or ()),
        ]
    )
    overrides = _statements_of(
        [
            *(args.get("overridePolicyDocuments") or ()),
            *([args["overrideJson"]] if args.get("overrideJson") else ()),
        ]
    )
    document: dict[str, Any] = {"Version": args.get("version") or VERSION}
    if args.get("policyId"):
        document["Id"] = args["policyId"]
    document["Statement"] = _override(statements, overrides)
    text = json.dumps(document, indent=2)
    return {
        **args,
        "id": str(abs(hash(text))),
        "json": text,
        "minifiedJson": json.dumps(document, separators=(",", ":")),
    }


def _statements_of(documents: Iterable[str]) -> list[Statement]:
    found: list[Statement] = []
    for text in documents:
        if not text:
            continue
        statements = json.loads(text).get("Statement", [])
        found += [statements] if isinstance(statements, dict) else statements
    return found


def _merge_unique(statements: list[Statement]) -> list[Statement]:
    seen: set[str] = set()
    for statement in statements:
        sid = statement.get("Sid", "")
        if sid and sid in seen:
            raise ProviderError(
                f'duplicate Sid "{sid}": two statements bear it, and IAM takes each name once. '
                "Rename one, or pass the second as an override document."
            )
        seen.add(sid)
    return statements


def _override(statements: list[Statement], overrides: list[Statement]) -> list[Statement]:
    """An override replaces the statement of its own ``sid``, and is added when there is none."""
    result = list(statements)
    for override in overrides:
        sid = override.get("Sid")
        index = next((i for i, item in enumerate(result) if sid and item.get("Sid") == sid), None)
        if index is None:
            result.append(override)
        else:
            result[index] = override
    return result


def _statement(args: Props) -> Statement:
    made: Statement = {"Sid": args["sid"]} if args.get("sid") else {}
    made["Effect"] = args.get("effect") or "Allow"
    for ours, theirs in _LISTS.items():
        if args.get(ours):
            made[theirs] = _one_or_many(sorted(args[ours], reverse=True))
    for ours, theirs in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if args.get(ours):
            made[theirs] = _principals(args[ours])
    if args.get("conditions"):
        made["Condition"] = _conditions(args["conditions"])
    return {key: made[key] for key in _ORDER if key in made}


_LISTS: Final[Mapping[str, str]] = {
    "actions": "Action",
    "notActions": "NotAction",
    "resources": "Resource",
    "notResources": "NotResource",
}
_ORDER: Final = (
    *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"),
    *("Principal", "NotPrincipal", "Condition"),
)


def _one_or_many(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _principals(principals: Iterable[Props]) -> str | dict[str, Any]:
    """``"*"`` for everybody; otherwise each kind with its identifiers."""
    merged: dict[str, list[str]] = {}
    for principal in principals:
        if principal["type"] == "*":
            return "*"
        merged.setdefault(principal["type"], []).extend(principal["identifiers"])
    return {kind: _one_or_many(sorted(set(names), reverse=True)) for kind, names in merged.items()}


def _conditions(conditions: Iterable[Props]) -> dict[str, dict[str, Any]]:
    """Tests by operator and variable; the same pair given twice joins its values."""
    merged: dict[str, dict[str, list[str]]] = {}
    for condition in conditions:
        values = merged.setdefault(condition["test"], {}).setdefault(condition["variable"], [])
        values += [value for value in condition["values"] if value not in values]
    return {
        test: {name: _one_or_many(values) for name, values in variables.items()}
        for test, variables in merged.items()
    }
