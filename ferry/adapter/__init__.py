"""Adapters: what stands before a side of a workload, speaks one protocol, and writes down what was said."""
