"""What the engine starts for ``--policy-pack policy``."""

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the engine starts it inside its own directory

from policy.pack import from_environment

gc.set_threshold(50_000, 20, 50)  # what it reads of a stack lives to its end: looked through seldom
from_environment()
