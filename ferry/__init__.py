"""Operating it: the command, bootstrap, the acts and checks of a rehearsal, the report."""
