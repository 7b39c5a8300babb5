"""The rules, a module for each thing that must not go wrong."""
