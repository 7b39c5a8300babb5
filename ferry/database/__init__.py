"""A database user for somebody who must not be the master: runs once in the cluster, as a Job."""
