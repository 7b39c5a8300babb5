"""Real Redis in cluster mode in the place of an ElastiCache replication group, a process for each node.

Shards, replicas, TLS and AUTH are those of the replication group. Differences from ElastiCache: nodes are on
loopback, the certificate is the rehearsal's own, nothing is written to disk, and who is dead is decided after
:data:`NODE_TIMEOUT_MS`, where ElastiCache's own watch decides.
"""

from __future__ import annotations

import functools
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from redis.crc import key_slot

from sandbox.ports import free_ports, is_free
from sandbox.processes import Child, Command, ProcessError, Supervisor
from sandbox.servers.certificates import Authority

SLOTS = 16_384
"""Hash slots of every cluster (Redis cluster specification)."""
NODE_TIMEOUT_MS = 2_000
"""A node that is silent for so long may be voted dead; Redis's own default is 15,000."""
_BUS = 500
"""A node's bus listens at its port plus this. Redis's own default, 10,000, is among the ports from which the
kernel takes a connection's own: somebody's connection may sit there.
"""
_JOIN_SECONDS = 60.0


@dataclass(frozen=True)
class Shape:
    """What a replication group is, as far as its clients can tell."""

    shards: int
    replicas: int
    tls: bool
    auth: bool

    @property
    def nodes(self) -> int:
        """How many processes that is."""
        return self.shards * (1 + self.replicas)


def shape_of(group: Mapping[str, Any]) -> Shape:
    """The shape of a replication group as ElastiCache describes it."""
    shards = group.get("NodeGroups") or [{}]
    members = [len(shard.get("NodeGroupMembers") or ()) for shard in shards]
    return Shape(
        shards=len(shards),
        replicas=max(members[0] - 1, 0),
        tls=bool(group.get("TransitEncryptionEnabled")),
        auth=bool(group.get("AuthTokenEnabled")),
    )


def program() -> Path | None:
    """``redis-server`` 7: on PATH, or what ``scripts/redis`` brought; None when there is neither."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    brought = Path(os.environ.get("FERRY_REDIS_HOME") or cache / "ferry" / "redis-7") / "redis-server"
    on_path = shutil.which("redis-server")
    return Path(on_path) if on_path else (brought if brought.is_file() else None)


def _with_buses(count: int) -> list[int]:
    """Free ports whose buses' ports are free too."""
    found: list[int] = []
    while len(found) < count:
        (port,) = free_ports(1)
        taken = {number for other in found for number in (other, other + _BUS)}
        if is_free(port + _BUS) and not {port, port + _BUS} & taken:
            found.append(port)
    return found


def settings(shape: Shape, port: int, folder: Path, keys: Path, password: str) -> dict[str, str]:
    """The configuration of one node, line by line; a password stands in its file only."""
    found = {
        "bind": "127.0.0.1",
        "port": "0" if shape.tls else str(port),
        "dir": str(folder),
        "cluster-enabled": "yes",
        "cluster-config-file": "nodes.conf",
        "cluster-node-timeout": str(NODE_TIMEOUT_MS),
        "cluster-port": str(port + _BUS),
        "cluster-require-full-coverage": "no",  # the other shards go on
        "save": '""',  # its data end with the rehearsal
        "appendonly": "no",
        "repl-diskless-sync-delay": "0",
    }
    if shape.tls:
        found |= {
            "tls-port": str(port),
            "tls-cert-file": str(keys / "node.crt"),
            "tls-key-file": str(keys / "node.key"),
            "tls-ca-cert-file": str(keys / "ca.crt"),
            "tls-auth-clients": "no",  # ElastiCache asks clients for a token, not for a certificate
            "tls-replication": "yes",
            "tls-cluster": "yes",
        }
    if shape.auth:
        found |= {"requirepass": password, "masterauth": password}
    return found


def _slots(number: int, shards: int) -> tuple[int, int]:
    """First slot of a shard, and the first that is no longer its."""
    return SLOTS * number // shards, SLOTS * (number + 1) // shards


@dataclass
class RedisCluster:
    """A cluster of processes; ends with its supervisor.

    Attributes:
        shape: what it is to be.
        password: AUTH token.
        nodes: port to process, in the order in which they were started: primaries first.
    """

    supervisor: Supervisor
    folder: Path
    shape: Shape
    password: str
    nodes: dict[int, Child] = field(default_factory=dict)

    @property
    def ca(self) -> Path:
        """Whom clients have to believe."""
        return self.folder / "keys" / "ca.crt"

    def start(self, server: Path) -> None:
        """Start the nodes and make them a cluster.

        Raises:
            ProcessError: a node did not start, or they did not become one cluster in time.
        """
        self._make_keys()
        ports = _with_buses(self.shape.nodes)
        for port in ports:
            self.nodes[port] = self.supervisor.launch(self._command(server, port))
        for child in self.nodes.values():
            self.supervisor.wait_ready(child)
        self._join(ports)

    def _make_keys(self) -> None:
        """One certificate for all nodes, which show it to each other too."""
        authority = Authority("rehearsal-redis")
        made = authority.certificate(["localhost"], ["127.0.0.1"])
        self.ca.parent.mkdir(parents=True)
        for name, content in (("ca.crt", authority.pem), ("node.crt", made.chain), ("node.key", made.key)):
            path = self.ca.parent / name
            path.touch(mode=0o600)
            path.write_bytes(content)

    def _command(self, server: Path, port: int) -> Command:
        folder = self.folder / str(port)
        folder.mkdir(parents=True)
        file = folder / "redis.conf"
        file.touch(mode=0o600)
        lines = settings(self.shape, port, folder, self.folder / "keys", self.password)
        file.write_text("".join(f"{key} {value}\n" for key, value in lines.items()))
        return Command(f"redis-{port}", [server, file], ready=functools.partial(self._answers, port))

    def node(self, port: int, **other: Any) -> redis.Redis:
        """A client of one node."""
        return redis.Redis(host="127.0.0.1", port=port, **{**self.access(), **other})

    def access(self) -> dict[str, Any]:
        """How every client of this cluster has to come."""
        tls = {"ssl": True, "ssl_ca_certs": str(self.ca)} if self.shape.tls else {}
        password = {"password": self.password} if self.shape.auth else {}
        return {"socket_timeout": 1.0, "socket_connect_timeout": 1.0, **tls, **password}

    def _answers(self, port: int) -> bool:
        try:
            with self.node(port) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _join(self, ports: list[int]) -> None:
        """What `redis-cli --cluster create` does: meet, share out the slots, follow a primary."""
        primaries, replicas = ports[: self.shape.shards], ports[self.shape.shards :]
        for number, port in enumerate(primaries):
            first, end = _slots(number, self.shape.shards)
            with self.node(port) as client:
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, end - 1)
                client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for port in ports[1:]:
            with self.node(port) as client:
                client.execute_command("CLUSTER", "MEET", "127.0.0.1", ports[0], ports[0] + _BUS)
        self._until(lambda: all(self._sees(port) == len(ports) for port in ports), "do not see each other")
        for number, port in enumerate(replicas):
            with self.node(primaries[number % self.shape.shards]) as client:
                leader = client.execute_command("CLUSTER", "MYID")
            with self.node(port) as client:
                client.execute_command("CLUSTER", "REPLICATE", leader)
        self._until(lambda: all(map(self._in_step, ports)), "did not become one cluster")

    def _sees(self, port: int) -> int:
        with self.node(port) as client:
            return int(client.execute_command("CLUSTER INFO")["cluster_known_nodes"])

    def _in_step(self, port: int) -> bool:
        """The cluster is whole in this node's eyes, and a replica has all that its primary has."""
        with self.node(port) as client:
            role = client.info("replication")
            whole = bool(client.execute_command("CLUSTER INFO")["cluster_state"] == "ok")
            if role["role"] == "slave":
                return whole and bool(role["master_link_status"] == "up")
            return whole and int(role["connected_slaves"]) == self.shape.replicas

    def _until(self, true: Any, otherwise: str) -> None:
        ends = time.monotonic() + _JOIN_SECONDS
        while True:
            try:
                if true():
                    return
            except redis.RedisError:
                pass  # a node that is only just joining; asked again
            if time.monotonic() > ends:
                raise ProcessError(
                    f"{len(self.nodes)} nodes of Redis {otherwise} within {_JOIN_SECONDS:.0f} s, "
                    f"so there is no cluster. Their logs are beside {self.folder}."
                )
            time.sleep(0.05)

    def tag_of(self, port: int) -> str:
        """A hash tag whose keys the primary at ``port`` has, as it was started."""
        number = list(self.nodes).index(port)
        first, end = _slots(number, self.shape.shards)
        return next(tag for tag in map(str, range(SLOTS)) if first <= key_slot(tag.encode()) < end)

    def kill(self, port: int) -> None:
        """Kill a node without a word, as a zone's outage does."""
        self.nodes[port].process.kill()
        self.nodes[port].process.wait()
