"""Values of charts: one module for each chart, a pure function from what is known to what Helm is given.

Every key was read in the ``values.yaml`` (and the schema, where there is one) of the version that the module
names, because Helm says nothing about a key that it does not know.
"""
