"""What watches the platform (requirement B7): metrics, rules, alerts and dashboards.

Pure but for :mod:`infra.watching.component`, so that rules and pages are read without an engine.
"""
