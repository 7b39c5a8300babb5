"""Charts of others: which, pinned how (``lock.yaml``), and with what values.

Pure but for :mod:`infra.charts.release`, so that settings, policy and the command line read the lock without
an engine.
"""
