"""How often Python looks for garbage in cycles.

Registering an environment makes objects by the hundred thousand, nearly all of which live to its end;
Python's default looks through the youngest after every 700 new ones. Rendering production took 2.1 to 2.8 s
of processor that way and 1.4 to 1.7 s this way (423 resources, other work beside it; 256 and 258 MB at most).
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 50_000, 20, 50
"""New objects until the youngest are looked at; looks until the next older ones are."""


def seldom() -> None:
    """Look for it seldom from now on, in this process."""
    gc.set_threshold(YOUNG, MIDDLE, OLD)
