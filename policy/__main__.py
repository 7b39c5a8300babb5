"""What the engine starts for ``--policy-pack policy``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the engine starts it inside its own directory

from policy.pack import from_environment

from_environment()
