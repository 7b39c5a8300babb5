"""Values of the chart ``fluent-bit`` (B11): what pods and kubelets write goes to CloudWatch.

Keys: fluent/helm-charts, charts/fluent-bit 0.58.1 (Fluent Bit 5.1.1), ``values.yaml``. Options of the output:
Fluent Bit's manual, ``cloudwatch_logs``.
"""

from __future__ import annotations

from typing import Any

from infra.charts.values.common import Values, account, resources

NAME = "fluent-bit"
STATE = "/var/fluent-bit/state"
"""On the node: what has been sent, and what waits; a new pod goes on where the old one was."""

INPUTS = f"""\
[INPUT]
    Name tail
    Tag kube.*
    Path /var/log/containers/*.log
    multiline.parser docker, cri
    DB {STATE}/containers.db
    Mem_Buf_Limit 50MB
    Skip_Long_Lines On
    storage.type filesystem
[INPUT]
    Name systemd
    Tag host.*
    Systemd_Filter _SYSTEMD_UNIT=kubelet.service
    DB {STATE}/systemd.db
    Read_From_Tail On
"""

FILTERS = """\
[FILTER]
    Name kubernetes
    Match kube.*
    Merge_Log On
    Keep_Log Off
    Annotations Off
    K8S-Logging.Exclude On
"""

SERVICE = f"""\
[SERVICE]
    Daemon Off
    Flush 5
    Log_Level warn
    Parsers_File /fluent-bit/etc/parsers.conf
    Parsers_File /fluent-bit/etc/conf/custom_parsers.conf
    HTTP_Server On
    HTTP_Listen 0.0.0.0
    HTTP_Port 2020
    Health_Check On
    storage.path {STATE}/buffer
"""


def values(role_arn: Any, region: str, *, pods: str, nodes: str, digest: str | None = None) -> Values:
    """A DaemonSet on every node, GPU nodes included.

    It makes no log group: one that it made would have neither retention nor key. It reads root's files on the
    node, hence root, with no capability but the one to read them.

    Args:
        role_arn: what its account takes; may be known later.
        region: of the groups.
        pods: name of the log group of what containers write.
        nodes: name of the log group of the kubelets.
        digest: of the image, ``sha256:…``.
    """
    return {
        **({"image": {"digest": digest}} if digest else {}),
        "testFramework": {"enabled": False},  # a pod of an image by tag, for `helm test`, which nobody runs
        "serviceAccount": {**account(role_arn), "name": NAME},
        "priorityClassName": "system-node-critical",
        "tolerations": [{"operator": "Exists"}],
        "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "securityContext": {
            "runAsUser": 0,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"], "add": ["DAC_READ_SEARCH"]},
        },
        "resources": resources("50m", "64Mi", limit="256Mi"),
        "config": {
            "service": SERVICE,
            "inputs": INPUTS,
            "filters": FILTERS,
            "outputs": _output("kube.*", region, pods, "pod.") + _output("host.*", region, nodes, "node."),
        },
        **_volumes(),
    }


def _output(match: str, region: str, group: str, prefix: str) -> str:
    return f"""\
[OUTPUT]
    Name cloudwatch_logs
    Match {match}
    region {region}
    log_group_name {group}
    log_stream_prefix {prefix}
    auto_create_group off
    retry_limit 10
    storage.total_limit_size 512M
"""


def _volumes() -> Values:
    """The node's logs, to read; a directory of its own, to write. The chart's list has Docker's too."""
    paths = {"varlog": "/var/log", "etcmachineid": "/etc/machine-id"}
    return {
        "daemonSetVolumes": [{"name": name, "hostPath": {"path": path}} for name, path in paths.items()],
        "daemonSetVolumeMounts": [
            {"name": name, "mountPath": path, "readOnly": True} for name, path in paths.items()
        ],
        "extraVolumes": [
            {"name": "state", "hostPath": {"path": "/var/lib/fluent-bit", "type": "DirectoryOrCreate"}}
        ],
        "extraVolumeMounts": [{"name": "state", "mountPath": STATE}],
    }
