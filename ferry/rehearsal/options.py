"""What a person may choose about a rehearsal."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.engine import official_plugin

Choice = Literal["emulated", "real"]

PACKAGES = ("aws", "eks", "kubernetes")


class OptionError(Exception):
    """A choice that can't be honoured; the message is for the person who made it."""


def _all_emulated() -> dict[str, Choice]:
    return dict.fromkeys(PACKAGES, "emulated")


class Options(BaseModel):
    """One rehearsal.

    ``project``: the checkout. ``report``: directory for report.html and report.json. ``providers``: package →
    emulated (default) or the installed official plugin. ``keep``: leave the state directory for a look
    afterwards; the processes end in any case. ``build_seconds``: what building the tools took before.
    ``preview_only``: stop after the first preview, which needs no cluster. ``floor``: also run the program
    through providers that do nothing, which is what the speed of ``preview`` and ``up`` is judged by.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: Path
    environment: str
    report: Path
    providers: dict[str, Choice] = Field(default_factory=_all_emulated)
    keep: bool = False
    build_seconds: float = 0.0
    preview_only: bool = False
    floor: bool = True

    @property
    def stack_file(self) -> Path:
        """The environment's configuration."""
        return self.project / f"Pulumi.{self.environment}.yaml"


def parse_providers(text: str) -> dict[str, Choice]:
    """``kubernetes=real,eks=real`` → a choice for each package; refuses what is unknown or not installed."""
    choices = _all_emulated()
    for part in filter(None, (part.strip() for part in text.split(","))):
        package, _, value = part.partition("=")
        if package not in PACKAGES or value not in {"emulated", "real"}:
            raise OptionError(
                f"--providers: '{part}' is not one of {', '.join(PACKAGES)} followed by =real or =emulated, "
                "so nothing was started. Write for example --providers kubernetes=real,eks=real."
            )
        if value == "real" and official_plugin(package) is None:
            raise OptionError(
                f"--providers: no official '{package}' plugin is on PATH or in the plugin folder, so nothing "
                f"was started. Install it with `pulumi plugin install resource {package}`, or leave "
                f"'{package}' emulated."
            )
        choices[package] = "real" if value == "real" else "emulated"
    return choices
