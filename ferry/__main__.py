"""`python -m ferry` is `ferry`."""

from ferry.cli import app

app()
