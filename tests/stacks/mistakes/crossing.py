"""Workloads: names, stages, ceilings, evidence, and crossings in each other's way."""

from __future__ import annotations

from tests.stacks.mistakes.row import Row

ROWS = [
    Row(
        "workload unknown",
        "prod",
        {"workloads.frad-detection": {"stage": "legacy"}},
        "ferry:workloads.frad-detection",
        'did you mean "fraud-detection"?',
        "fraud-detection: {stage: legacy}",
    ),
    Row(
        "stage unknown",
        "prod",
        {"workloads.churn.stage": "canery"},
        "ferry:workloads.churn.stage",
        "'canary'",
        "stage: canary",
    ),
    Row(
        "workload without a stage",
        "prod",
        {"workloads.churn": {}},
        "ferry:workloads.churn.stage",
        "is missing",
        "stage: canary",
    ),
    Row(
        "ceiling outside its ladder",
        "prod",
        {"workloads.churn": {"stage": "canary", "ceiling": 20}},
        "ferry:workloads.churn.ceiling",
        "not a step of the ladder (1, 5, 25, 50)",
        "ceiling: 25",
    ),
    Row(
        "canary without a ceiling",
        "prod",
        {"workloads.churn": {"stage": "canary"}},
        "ferry:workloads.churn.ceiling",
        "nothing else says how much traffic",
        "ceiling: 1",
    ),
    Row(
        "evidence by another name than its digest",
        "prod",
        {"workloads.churn.evidence": "latest"},
        "ferry:workloads.churn.evidence",
        "is not the digest of an evidence object",
        "sha256:",
    ),
    Row(
        "epoch below one",
        "prod",
        {"workloads.churn.epoch": 0},
        "ferry:workloads.churn.epoch",
        "at least 1",
        "epoch: 1",
    ),
    Row(
        "slot of another colour",
        "prod",
        {"workloads.churn.active": "red"},
        "ferry:workloads.churn.active",
        "'blue'",
        "active: blue",
    ),
    Row(
        "two cutovers share a feature group",
        "prod",
        {"workloads.churn": {"stage": "shadow"}, "workloads.customer-segmentation": {"stage": "shadow"}},
        "ferry:workloads.customer-segmentation.stage",
        "a difference in it could be blamed on either",
        "stage: fronted",
    ),
    Row(
        "stage of a workload that does not move",
        "prod",
        {"workloads.deprecated": {"stage": "canary", "ceiling": 1}},
        "ferry:workloads.deprecated.stage",
        "retired without moving",
        "stage: standby",
    ),
]
