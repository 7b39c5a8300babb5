"""Pods: when one is ready, and what keeps pods from it, in words from their conditions and containers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.kubernetes.awaits.look import READY, Judge, Look, Verdict, conditions, pluck, waiting
from sandbox.providers.kubernetes.objects import metadata


def pod(_look: Look) -> Judge:
    """A Pod is ready when scheduled, initialised, and ready or succeeded."""

    def judge(obj: Mapping[str, Any]) -> Verdict:
        return READY if is_ready(obj) else waiting(*problems(obj))

    return judge


def is_ready(obj: Mapping[str, Any]) -> bool:
    """Scheduled, initialised, and ready (or run to its end)."""
    held = conditions(obj)
    started = all(_true(held.get(name)) for name in ("PodScheduled", "Initialized"))
    return started and (_true(held.get("Ready")) or pluck(obj, "status", "phase") == "Succeeded")


def problems(obj: Mapping[str, Any]) -> list[str]:
    """What the first unmet condition of the Pod says; empty when it says nothing."""
    held = conditions(obj)
    scheduled = held.get("PodScheduled")
    if not _true(scheduled):
        message = (scheduled or {}).get("message") if (scheduled or {}).get("reason") else None
        return [message] if message else []
    for name in ("Initialized", "Ready"):
        condition = held.get(name)
        if condition is None:
            return []
        if not _true(condition) and (told := _told(obj, condition)):
            return [told]
    return []


def _told(obj: Mapping[str, Any], condition: Mapping[str, Any]) -> str | None:
    containers = [
        error for status in pluck(obj, "status", "containerStatuses") or [] for error in _errors(status)
    ]
    said = condition.get("message", "") if condition.get("reason") else ""
    if not containers and not condition.get("message"):
        return None
    return f"[Pod {_display(obj)}]: {said}" + "\n".join(containers)


def _errors(status: Mapping[str, Any]) -> list[str]:
    if status.get("ready"):
        return []
    errors = []
    now = pluck(status, "state", "waiting")
    if now and now.get("reason") != "ContainerCreating":
        errors.append(f"[{now.get('reason', '')}] {now.get('message', '')}")
    ended = pluck(status, "state", "terminated")
    if ended and ended.get("reason"):
        errors.append(
            f"[{ended['reason']}] {ended['message']}" if ended.get("message")
            else f'container "{status["name"]}" completed with exit code {ended.get("exitCode")}'
        )  # fmt: skip
    last = pluck(status, "lastState", "terminated")
    if last:
        errors.append(
            f'container "{status["name"]}" terminated at {last.get("finishedAt")} '
            f"({last.get('reason')}: exit code {last.get('exitCode')})"
        )
    return errors


def _display(obj: Mapping[str, Any]) -> str:
    meta = metadata(obj)
    return (
        meta["name"] if meta.get("namespace") in {None, "default"} else f"{meta['namespace']}/{meta['name']}"
    )


def _true(condition: Mapping[str, Any] | None) -> bool:
    return condition is not None and condition.get("status") == "True"
