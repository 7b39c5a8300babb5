"""Nodes: what the cluster runs on, and what Karpenter may buy (requirement A3)."""

from __future__ import annotations

from collections.abc import Iterator

from infra.charts.lock import LOCK, committed
from infra.specs.domain import ADDONS, GPUS_PER_SIZE
from infra.specs.karpenter import PoolSpec
from stacks.settings import example
from stacks.settings.mistakes import Mistake
from stacks.settings.model import Settings
from stacks.settings.rules.rule import needs, wrong

_ONE_GPU = "sizes: [xlarge, 2xlarge, 4xlarge]"


@needs("cluster")
def system_nodes_are_in_order(settings: Settings) -> Iterator[Mistake]:
    """min ≤ desired ≤ max."""
    nodes = settings.cluster.system_nodes
    if not nodes.min <= nodes.desired <= nodes.max:
        yield wrong(
            ("cluster", "system_nodes"),
            f"min {nodes.min}, desired {nodes.desired}, max {nodes.max} are not in this order",
            "{min: 2, desired: 2, max: 3, …}",
        )


@needs("environment", "cluster", "network")
def a_system_node_in_every_zone_where_data_is_kept(settings: Settings) -> Iterator[Mistake]:
    """DNS and Karpenter must run on when a zone is lost."""
    least = len(set(settings.network.zones))
    if settings.environment.keeps_data and settings.cluster.system_nodes.min < least:
        yield wrong(
            ("cluster", "system_nodes", "min"),
            f"is {settings.cluster.system_nodes.min}, fewer than the {least} zones that "
            f"{settings.environment} stands on",
            f"min: {least}",
        )


@needs("cluster")
def all_addons_are_pinned(settings: Settings) -> Iterator[Mistake]:
    """Each add-on has its line; kube-proxy's minor version is the cluster's, or EKS refuses it."""
    cluster = settings.cluster
    for name in ADDONS:
        if name not in cluster.addons:
            path = ("cluster", "addons", name)
            yield wrong(path, "is missing", example.line(path))
    proxy = cluster.addons.get("kube-proxy")
    if proxy and not proxy.startswith(f"v{cluster.version}."):
        yield wrong(
            ("cluster", "addons", "kube-proxy"),
            f"{proxy} is not made for Kubernetes {cluster.version}",
            f"kube-proxy: v{cluster.version}.3-eksbuild.21",
        )


@needs("karpenter")
def karpenters_charts_are_locked(settings: Settings) -> Iterator[Mistake]:
    """The lock says what a chart must be; a version that is not in it could be anything."""
    held = sorted({chart.version for chart in committed().charts if chart.name == "karpenter"})
    version = settings.karpenter.version
    if version not in held:
        yield wrong(
            ("karpenter", "version"),
            f"{version} is not in infra/charts/{LOCK.name}, which holds {', '.join(held)}",
            f'version: "{held[-1]}"',
        )


@needs("karpenter")
def pools_have_names_of_their_own(settings: Settings) -> Iterator[Mistake]:
    """Two pools of one name would be one object, written twice."""
    names = [pool.name for pool in settings.karpenter.pools]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield wrong(("karpenter", "pools", index, "name"), f'"{name}" is given twice', f"name: {name}-2")


@needs("karpenter")
def there_is_a_pool_of_each_kind(settings: Settings) -> Iterator[Mistake]:
    """Without a general pool no workload runs; without a GPU pool no model is trained."""
    kinds = {pool.kind for pool in settings.karpenter.pools}
    for kind in ("general", "gpu"):
        if kind not in kinds:
            yield wrong(("karpenter", "pools"), f"has no pool of kind {kind}", f"- {{kind: {kind}, …}}")


@needs("karpenter")
def pools_fit_their_kind(settings: Settings) -> Iterator[Mistake]:
    """GPU pools buy GPUs of one shape, within a limit; general pools buy none."""
    for index, pool in enumerate(settings.karpenter.pools):
        judge = _gpu_pool if pool.kind == "gpu" else _general_pool
        yield from judge(index, pool)


def _general_pool(index: int, pool: PoolSpec) -> Iterator[Mistake]:
    path = ("karpenter", "pools", index)
    for place, family in enumerate(pool.families):
        if family in GPUS_PER_SIZE:
            yield wrong(
                (*path, "families", place),
                f"{family} has GPUs, which a general pool would fill with ordinary pods",
                "families: [m5, m6i]",
            )
    if pool.gpu_limit:
        yield wrong((*path, "gpu_limit"), "means nothing for a general pool", "remove the line")


def _gpu_pool(index: int, pool: PoolSpec) -> Iterator[Mistake]:
    path = ("karpenter", "pools", index)
    if not pool.gpu_limit:
        yield wrong((*path, "gpu_limit"), "is missing or 0, so the pool could buy no node", "gpu_limit: 4")
    known = [family for family in pool.families if family in GPUS_PER_SIZE]
    for place, family in enumerate(pool.families):
        if family not in known:
            yield wrong(
                (*path, "families", place),
                f'"{family}" is not a GPU family that Ferry knows ({", ".join(GPUS_PER_SIZE)})',
                "families: [g4dn]",
            )
    for family in known:
        yield from _sizes(index, pool, family)


def _sizes(index: int, pool: PoolSpec, family: str) -> Iterator[Mistake]:
    path = ("karpenter", "pools", index, "sizes")
    gpus = GPUS_PER_SIZE[family]
    for place, size in enumerate(pool.sizes):
        if size not in gpus:
            yield wrong((*path, place), f'{family} has no size "{size}"; it has {", ".join(gpus)}', _ONE_GPU)
    counts = {size: gpus[size] for size in pool.sizes if size in gpus}
    least = min(counts.values(), default=0)
    larger = [size for size, count in counts.items() if count > least]
    for size in larger:
        yield wrong(
            (*path, pool.sizes.index(size)),
            f"{family}.{size} has {counts[size]} GPUs in a pool with nodes of {least}: Karpenter packs small "
            f"pods onto the large node (measured: two pods of one GPU got one {family}.12xlarge at "
            "almost four times the price)",
            f"{_ONE_GPU}, and a pool of its own for {size}",
        )
    if 0 < pool.gpu_limit < least:
        yield wrong(
            ("karpenter", "pools", index, "gpu_limit"),
            f"is {pool.gpu_limit}, and the pool's smallest node has {least} GPUs, so it could buy nothing",
            f"gpu_limit: {least}",
        )


RULES = (
    system_nodes_are_in_order,
    a_system_node_in_every_zone_where_data_is_kept,
    all_addons_are_pinned,
    karpenters_charts_are_locked,
    pools_have_names_of_their_own,
    there_is_a_pool_of_each_kind,
    pools_fit_their_kind,
)
