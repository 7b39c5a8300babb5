"""What runs in MLflow's image beside MLflow itself: its database, its passwords, its restarts.

Four verbs (``python -m ferry_mlflow VERB``): ``prepare`` and ``rotate`` speak to Postgres as its master,
``migrate`` and ``serve`` as MLflow. Passwords come from Secrets Manager and go into files in memory; none is
in an argument, in a manifest or in a log.
"""
