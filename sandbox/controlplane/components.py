"""The five programs of a control plane, each told to behave as EKS's does. Pure: nothing starts here.

Sources: the flags are upstream's (Kubernetes 1.35); which admission plug-ins, service range and token life
    EKS has is from its user guide ("platform versions", "kubernetesNetworkConfig", service-account tokens).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.controlplane.access import Access
from sandbox.controlplane.certificates import Keys
from sandbox.worldspec import WorldSpec

LOOPBACK = "127.0.0.1"
SERVICE_RANGE = "172.20.0.0/16"  # what EKS takes where the VPC is in 10.0.0.0/8
POD_RANGE = "100.64.0.1/16"  # kwok's pods; EKS's come from the VPC
DEFAULT_AUDIENCE = "https://kubernetes.default.svc"

# On top of upstream's defaults, which include PodSecurity. ExtendedResourceToleration is what lets a pod
# that asks for nvidia.com/gpu onto nodes with that taint.
_ADMISSION = "NodeRestriction,ExtendedResourceToleration"

# A job's pod ends by our own stage, which can be told to take its time.
_OWN_STAGE = Path(__file__).with_name("job-complete.yaml")
_REPLACED_STAGE = "pod-complete.yaml"


@dataclass(frozen=True)
class Ports:
    """Loopback ports of what is not in the world's spec."""

    etcd: int
    etcd_peers: int
    controller_manager: int
    scheduler: int
    kwok: int


@dataclass(frozen=True)
class Plan:
    """Everything a control plane is started from."""

    spec: WorldSpec
    ports: Ports
    keys: Keys
    access: Access

    def tool(self, name: str) -> str:
        """Path of a binary."""
        return str(self.spec.tools[name])


def etcd(plan: Plan) -> list[str]:
    """The store; it never waits for the disk, because nothing in it outlives the rehearsal."""
    clients = f"http://{LOOPBACK}:{plan.ports.etcd}"
    peers = f"http://{LOOPBACK}:{plan.ports.etcd_peers}"
    return [
        plan.tool("etcd"),
        f"--data-dir={plan.spec.state / 'etcd'}",
        "--name=rehearsal",
        "--unsafe-no-fsync",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=rehearsal={peers}",
        "--log-level=warn",
    ]


def apiserver(plan: Plan) -> list[str]:
    """The API server, with the issuer that IAM is told about and nobody let in without a token."""
    keys, spec = plan.keys, plan.spec
    return [
        plan.tool("kube-apiserver"),
        f"--etcd-servers=http://{LOOPBACK}:{plan.ports.etcd}",
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        "--endpoint-reconciler-type=none",  # it refuses to publish a loopback address
        f"--secure-port={urlsplit(spec.apiserver).port}",
        f"--tls-cert-file={keys.serving}",
        f"--tls-private-key-file={keys.serving_key}",
        f"--client-ca-file={keys.ca}",
        f"--token-auth-file={plan.access.tokens}",
        f"--authentication-token-webhook-config-file={plan.access.webhook}",
        "--authentication-token-webhook-version=v1",
        "--authentication-token-webhook-cache-ttl=10s",  # an access entry taken away is felt within it
        "--authorization-mode=Node,RBAC",
        f"--enable-admission-plugins={_ADMISSION}",
        "--allow-privileged=true",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--service-account-issuer={spec.issuer}",
        f"--service-account-jwks-uri={spec.issuer}/keys",
        f"--service-account-signing-key-file={keys.signing_key}",
        f"--service-account-key-file={keys.signing_key}",
        f"--api-audiences={DEFAULT_AUDIENCE},{spec.issuer}",
        "--service-account-max-token-expiration=24h",
        "--shutdown-delay-duration=0s",
        "--profiling=false",
    ]


def controller_manager(plan: Plan) -> list[str]:
    """All of upstream's default controllers; volumes are looked at sooner, nodes are lost later."""
    keys = plan.keys
    return [
        plan.tool("kube-controller-manager"),
        f"--kubeconfig={plan.access.controller_manager}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={plan.ports.controller_manager}",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={keys.signing_key}",
        f"--root-ca-file={keys.ca}",
        f"--cluster-signing-cert-file={keys.ca}",
        f"--cluster-signing-key-file={keys.ca_key}",
        "--allocate-node-cidrs=false",
        "--kube-api-qps=300",
        "--kube-api-burst=400",
        "--pvclaimbinder-sync-period=2s",
        # A busy machine may keep kwok's heartbeats waiting; a node is not lost because of that.
        "--node-monitor-grace-period=5m",
        "--profiling=false",
    ]


def scheduler(plan: Plan) -> list[str]:
    """The default scheduler, unchanged but for its addresses."""
    return [
        plan.tool("kube-scheduler"),
        f"--kubeconfig={plan.access.scheduler}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={plan.ports.scheduler}",
        "--leader-elect=false",
        "--kube-api-qps=300",
        "--kube-api-burst=400",
        "--profiling=false",
    ]


def kwok(plan: Plan) -> list[str]:
    """The kubelets: every node of this cluster is simulated, whoever made it."""
    return [
        plan.tool("kwok"),
        f"--kubeconfig={plan.access.admin}",
        f"--config={','.join(str(path) for path in stages(plan.spec.stages))}",
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=40",
        f"--node-ip={LOOPBACK}",
        f"--cidr={POD_RANGE}",
        f"--server-address={LOOPBACK}:{plan.ports.kwok}",
    ]


def stages(upstream: tuple[Path, ...]) -> list[Path]:
    """Upstream's stages, but for the one we replace."""
    return [*(path for path in upstream if path.name != _REPLACED_STAGE), _OWN_STAGE]
