"""What every spec is: frozen, and closed to keys that nobody declared."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """Pure, frozen data. A misspelt key is refused, whatever its depth."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
