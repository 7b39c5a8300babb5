"""The add-ons that the component makes unless it is told not to: VPC CNI, kube-proxy, CoreDNS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from sandbox.providers.eks.arguments import ArgumentError, only, out
from sandbox.providers.eks.kubeconfig import as_json

_CNI_OPTIONS: Final = frozenset(
    {
        "addonVersion",
        "cniConfigureRpfilter",
        "cniCustomNetworkCfg",
        "cniExternalSnat",
        "configurationValues",
        "customNetworkConfig",
        "disableTcpEarlyDemux",
        "enableNetworkPolicy",
        "enablePodEni",
        "enablePrefixDelegation",
        "eniConfigLabelDef",
        "eniMtu",
        "externalSnat",
        "logFile",
        "logLevel",
        "nodePortSupport",
        "pluginLogFile",
        "pluginLogLevel",
        "resolveConflictsOnCreate",
        "resolveConflictsOnUpdate",
        "serviceAccountRoleArn",
        "vethPrefix",
        "warmEniTarget",
        "warmIpTarget",
        "warmPrefixTarget",
    }
)

_CNI_ENV: Final[tuple[tuple[str, str, str | None], ...]] = (
    ("nodePortSupport", "AWS_VPC_CNI_NODE_PORT_SUPPORT", None),
    ("customNetworkConfig", "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", None),
    ("warmEniTarget", "WARM_ENI_TARGET", "1"),
    ("warmIpTarget", "WARM_IP_TARGET", None),
    ("warmPrefixTarget", "WARM_PREFIX_TARGET", None),
    ("enablePrefixDelegation", "ENABLE_PREFIX_DELEGATION", None),
    ("logLevel", "AWS_VPC_K8S_CNI_LOGLEVEL", "DEBUG"),
    ("logFile", "AWS_VPC_K8S_CNI_LOG_FILE", "/host/var/log/aws-routed-eni/ipamd.log"),
    ("vethPrefix", "AWS_VPC_K8S_CNI_VETHPREFIX", "eni"),
    ("eniMtu", "AWS_VPC_ENI_MTU", "9001"),
    ("eniConfigLabelDef", "ENI_CONFIG_LABEL_DEF", None),
    ("pluginLogLevel", "AWS_VPC_K8S_PLUGIN_LOG_LEVEL", "DEBUG"),
    ("pluginLogFile", "AWS_VPC_K8S_PLUGIN_LOG_FILE", "/var/log/aws-routed-eni/plugin.log"),
    ("enablePodEni", "ENABLE_POD_ENI", "false"),
    ("cniConfigureRpfilter", "AWS_VPC_K8S_CNI_CONFIGURE_RPFILTER", None),
    ("cniCustomNetworkCfg", "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", "false"),
    ("cniExternalSnat", "AWS_VPC_K8S_CNI_EXTERNALSNAT", "false"),
)
"""Option, environment variable, and the value when the option is not given (None: no variable)."""


def plain_addon(
    name: str, addon: str, cluster: Any, options: Mapping[str, Any], tags: Any, opts: pulumi.ResourceOptions
) -> Any:
    """The kube-proxy or the CoreDNS add-on, at the version asked for or the newest for the cluster."""
    version = options.get("version") or newest(
        addon, cluster.version, pulumi.InvokeOptions(parent=opts.parent)
    )
    return aws.eks.Addon(
        f"{name}-{addon}",
        cluster_name=cluster.name,
        addon_name=addon,
        preserve=True,
        tags=tags,
        resolve_conflicts_on_create=options.get("resolveConflictsOnCreate") or "OVERWRITE",
        resolve_conflicts_on_update=options.get("resolveConflictsOnUpdate") or "OVERWRITE",
        addon_version=version,
        configuration_values=_stringified(options.get("configurationValues")),
        opts=opts,
    )


def newest(addon: str, cluster_version: Any, opts: pulumi.InvokeOptions) -> pulumi.Output[str]:
    """The newest version of an add-on for a cluster's version, as EKS lists it."""
    found = aws.eks.get_addon_version_output(
        addon_name=addon, kubernetes_version=cluster_version, most_recent=True, opts=opts
    )
    version: pulumi.Output[str] = found.version
    return version


class VpcCniAddon(pulumi.ComponentResource):
    """The VPC CNI add-on, configured by environment variables of its container."""

    def __init__(
        self, name: str, cluster: Any, options: Mapping[str, Any], tags: Any, opts: pulumi.ResourceOptions
    ) -> None:
        only("vpcCniOptions", options, _CNI_OPTIONS, {})
        super().__init__("eks:index:VpcCniAddon", name, None, opts)
        version = options.get("addonVersion") or newest(
            "vpc-cni", cluster.version, pulumi.InvokeOptions(parent=self)
        )
        values = pulumi.Output.all(
            _environment(options), out(options.get("disableTcpEarlyDemux")),
            out(options.get("enableNetworkPolicy")), out(options.get("configurationValues")),
        ).apply(_merged)  # fmt: skip
        self.addon = aws.eks.Addon(
            name,
            cluster_name=cluster.name,
            addon_version=version,
            addon_name="vpc-cni",
            resolve_conflicts_on_create=options.get("resolveConflictsOnCreate") or "OVERWRITE",
            resolve_conflicts_on_update=options.get("resolveConflictsOnUpdate") or "OVERWRITE",
            preserve=True,
            configuration_values=_stringified(values),
            service_account_role_arn=options.get("serviceAccountRoleArn"),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"addon": self.addon})


def _environment(options: Mapping[str, Any]) -> pulumi.Output[dict[str, str]]:
    given = dict(options)
    if given.get("externalSnat"):
        if given.get("cniExternalSnat"):
            raise ArgumentError(
                "Please specify one of `cniExternalSnat` or `externalSnat` in your VpcCniOptions"
            )
        given["cniExternalSnat"] = given["externalSnat"]
    pairs: dict[str, pulumi.Output[str]] = {}
    for option, variable, default in _CNI_ENV:
        value = given.get(option)
        if value or default is not None:
            pairs[variable] = out(value).apply(_text_or(default))
    return pulumi.Output.all(**pairs)


def _text_or(default: str | None) -> Callable[[Any], str]:
    def text(value: Any) -> str:
        if value is None or value is False:
            return default or "false"
        return "true" if value is True else str(value)

    return text


def _merged(parts: list[Any]) -> dict[str, Any]:
    """The add-on's configuration: what the user gave wins over what the options make."""
    env, early_demux, network_policy, given = parts
    init = {"DISABLE_TCP_EARLY_DEMUX": "true" if early_demux else "false"}
    config = dict(given or {})
    if network_policy is not None:
        config.setdefault("enableNetworkPolicy", "true" if network_policy else "false")
    config["env"] = {**env, **(config.get("env") or {})}
    own = config.get("init")
    if not isinstance(own, dict):
        config["init"] = {"env": init}
    elif isinstance(own.get("env"), dict):
        config["init"] = {**own, "env": {**init, **own["env"]}}
    else:
        config["init"] = {"env": init, **own}
    return config


def _stringified(values: Any) -> pulumi.Output[str] | None:
    return None if values is None else out(values).apply(lambda known: as_json(_sorted(known)))


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value
