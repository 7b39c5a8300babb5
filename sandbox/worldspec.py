"""What was decided about a rehearsal's world before anything in it starts.

Every process of a rehearsal reads the same file: ``FERRY_WORLD`` names it. Ports, the issuer and the account
are chosen once and never change, so that a process may be started in any order and an address given to one is
true for all.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

VARIABLE = "FERRY_WORLD"


class WorldError(Exception):
    """The world could not be started or read; the message states fact, consequence and way out."""


@dataclass(frozen=True)
class WorldSpec:
    """One rehearsal's world; the same for every process in it.

    Attributes:
        state: the rehearsal's one directory: logs, data, kubeconfig, this file. Deleting it removes all.
        region: home region, e.g. ``us-east-1``.
        account: twelve digits, e.g. ``123456789012``.
        cluster_name: the EKS cluster whose control plane is the real API server here, e.g. ``ferry-dev``.
        aws_endpoint: the emulated AWS, e.g. ``http://127.0.0.1:40001``.
        apiserver: the real API server, e.g. ``https://127.0.0.1:40002``.
        ca_file: PEM of the CA that signed the API server's certificate.
        admin_token: bearer token of ``system:masters``; for the rehearsal's own processes only.
        admin_kubeconfig: kubeconfig with that token.
        issuer: issuer of service-account tokens, in EKS's form; the same in EKS's answers and in tokens.
        tools: binary name (``kube-apiserver``) to its path.
        crds: directory with Karpenter's CustomResourceDefinitions (``*.yaml``); None until tools are there.
        stages: files with kwok's stages; empty until the tools are there.
        authenticator: where the API server asks who an ``aws eks get-token`` token is.
    """

    state: Path
    region: str
    account: str
    cluster_name: str
    aws_endpoint: str
    apiserver: str
    ca_file: Path
    admin_token: str
    admin_kubeconfig: Path
    issuer: str
    tools: dict[str, Path]
    crds: Path | None = None
    stages: tuple[Path, ...] = ()
    authenticator: str = ""

    _PATHS: ClassVar[frozenset[str]] = frozenset({"state", "ca_file", "admin_kubeconfig"})

    @property
    def file(self) -> Path:
        """Where this spec is kept: ``<state>/world.json``."""
        return self.state / "world.json"

    @property
    def logs(self) -> Path:
        """Directory of the processes' logs: ``<state>/logs/<name>.log``."""
        return self.state / "logs"

    @property
    def calls(self) -> Path:
        """The emulated AWS's call log, one JSON object per line."""
        return self.state / "calls.jsonl"

    @property
    def simulated(self) -> Path:
        """JSON list of what stand-ins simulated, for the report."""
        return self.state / "simulated.json"

    @property
    def ca_data(self) -> str:
        """The CA as EKS's DescribeCluster returns it: base64 of the PEM. Reads ``ca_file``."""
        return base64.b64encode(self.ca_file.read_bytes()).decode()

    def to_json(self) -> str:
        """The spec as JSON text; paths as strings."""
        return json.dumps(dataclasses.asdict(self), default=str, indent=2)

    @classmethod
    def from_json(cls, text: str) -> WorldSpec:
        """Read what ``to_json`` wrote.

        Raises:
            WorldError: the text is not such a spec.
        """
        try:
            raw: dict[str, Any] = json.loads(text)
            raw.update({key: Path(raw[key]) for key in cls._PATHS})
            raw["tools"] = {name: Path(path) for name, path in raw["tools"].items()}
            raw["crds"] = Path(raw["crds"]) if raw.get("crds") else None
            raw["stages"] = tuple(Path(path) for path in raw.get("stages", ()))
            return cls(**raw)
        except (ValueError, KeyError, TypeError) as error:
            raise WorldError(
                f"this is not a rehearsal's world: {error!r}. Nothing was started; "
                "begin a new rehearsal with `ferry rehearse`."
            ) from error

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> WorldSpec:
        """The world this process belongs to, as named by ``FERRY_WORLD``.

        Raises:
            WorldError: the variable is missing, or its file is.
        """
        path = (os.environ if environment is None else environment).get(VARIABLE, "")
        if not path:
            raise WorldError(
                f"{VARIABLE} is not set, so there is no world to join. "
                "`ferry rehearse` starts this; by hand, set the variable to a rehearsal's world.json."
            )
        try:
            return cls.from_json(Path(path).read_text())
        except OSError as error:
            raise WorldError(
                f"{VARIABLE} names {path}, which cannot be read ({error.strerror}); that rehearsal is over. "
                "Start a new one with `ferry rehearse`."
            ) from error

    def save(self) -> Path:
        """Write ``<state>/world.json`` (owner only: it holds the admin token) and return its path."""
        self.state.mkdir(parents=True, exist_ok=True)
        part = self.file.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(self.to_json())
        return part.replace(self.file)

    def environment(self) -> dict[str, str]:
        """What a process of this world needs in its environment; the keys are the emulator's root account."""
        return {
            VARIABLE: str(self.file),
            "AWS_ENDPOINT_URL": self.aws_endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
