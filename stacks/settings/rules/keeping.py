"""Data that must not be lost: zones, copies, backups, protection, and the one way to take it all down."""

from __future__ import annotations

from collections.abc import Iterator

from stacks import rollout
from stacks.settings import example
from stacks.settings.mistakes import Mistake
from stacks.settings.model import Environment, Settings
from stacks.settings.rules.rule import needs, wrong

BACKUP_DAYS = 7
"""A mistake on a Friday is found by the next one."""

STORAGE_GROWTH = 1.1
"""RDS refuses a ceiling less than a tenth above the storage."""


@needs("environment", "protect")
def data_is_protected(settings: Settings) -> Iterator[Mistake]:
    """The engine refuses to delete what is kept; only a reviewed teardown lifts that."""
    if settings.environment.keeps_data and not settings.protect:
        yield wrong(
            ("protect",),
            f"is false, so one wrong command could delete the data of {settings.environment}",
            "ferry:protect: true",
        )


@needs("environment", "account", "teardown", "teardown_review")
def teardown_is_reviewed(settings: Settings) -> Iterator[Mistake]:
    """Where data is kept, a teardown names environment and account, so that none is copied from another."""
    if not settings.teardown:
        if settings.teardown_review is not None:
            yield wrong(("teardown_review",), "means nothing without ferry:teardown: true", "remove the line")
        return
    sentence = settings.teardown_sentence
    if settings.environment.keeps_data and sentence not in (settings.teardown_review or ""):
        yield wrong(
            ("teardown",),
            f"is true without a review that says what will be lost, so {settings.environment} stays",
            f'ferry:teardown_review: "{sentence}: <who agreed, and why>"',
        )


@needs("environment", "postgres")
def postgres_keeps_what_it_has(settings: Settings) -> Iterator[Mistake]:
    """Two zones, backups, and a lock on deletion (requirement A7)."""
    if not settings.environment.keeps_data:
        return
    postgres, where = settings.postgres, settings.environment
    if not postgres.multi_az:
        yield wrong(
            ("postgres", "multi_az"),
            f"is false, so {where} would lose MLflow's database with one zone",
            "multi_az: true",
        )
    if not postgres.deletion_protection:
        yield wrong(
            ("postgres", "deletion_protection"),
            f"is false, so {where}'s database could be deleted by mistake",
            "deletion_protection: true",
        )
    if postgres.backup_retention_days < BACKUP_DAYS:
        yield wrong(
            ("postgres", "backup_retention_days"),
            f"is {postgres.backup_retention_days}; {where} keeps backups for at least {BACKUP_DAYS} days",
            f"backup_retention_days: {BACKUP_DAYS}",
        )


@needs("postgres")
def postgres_can_grow(settings: Settings) -> Iterator[Mistake]:
    """The ceiling of the storage is above the storage, by as much as RDS wants."""
    postgres = settings.postgres
    if postgres.max_storage_gib < postgres.storage_gib * STORAGE_GROWTH:
        yield wrong(
            ("postgres", "max_storage_gib"),
            f"is {postgres.max_storage_gib}, less than a tenth above storage_gib {postgres.storage_gib}; RDS "
            "refuses it",
            f"max_storage_gib: {postgres.storage_gib * 2}",
        )


@needs("environment", "redis")
def redis_keeps_what_it_has(settings: Settings) -> Iterator[Mistake]:
    """Managed, with a copy of every shard in another zone, and snapshots (requirement A6)."""
    if not settings.environment.keeps_data:
        return
    redis, where = settings.redis, settings.environment
    if redis.mode == "in_cluster":
        yield wrong(
            ("redis", "mode"),
            f"is in_cluster: one pod whose data end with it, which {where} cannot stand on",
            "mode: elasticache",
        )
        return
    if redis.replicas_per_shard < 1:
        yield wrong(
            ("redis", "replicas_per_shard"),
            f"is 0, so {where} would lose features with one zone",
            "replicas_per_shard: 1",
        )
    if redis.snapshot_retention_days < 1:
        yield wrong(
            ("redis", "snapshot_retention_days"),
            f"is 0, so nothing could bring back the features of {where}",
            "snapshot_retention_days: 7",
        )


@needs("redis")
def redis_can_fail_over(settings: Settings) -> Iterator[Mistake]:
    """Cluster mode needs a node type of a later generation (ElastiCache: no failover on T1)."""
    node_type = settings.redis.node_type
    if settings.redis.mode == "elasticache" and node_type.startswith("cache.t1."):
        fact = f"{node_type} cannot fail over in cluster mode"
        yield wrong(("redis", "node_type"), fact, "node_type: cache.t3.medium")


@needs("environment", "redis")
def redis_in_the_cluster_has_its_images(settings: Settings) -> Iterator[Mistake]:
    """A pod needs images, by digest; ElastiCache, which is a must where data is kept, brings its own."""
    if settings.redis.mode == "in_cluster" and not settings.environment.keeps_data:
        for key in ("image", "fetch_image"):
            if getattr(settings.redis, key) is None:
                fact = "is missing, and a Redis in the cluster is a pod that needs it"
                yield wrong(("redis", key), fact, example.line(("redis", key)))


@needs("environment", "region", "storage")
def stores_have_a_copy_elsewhere(settings: Settings) -> Iterator[Mistake]:
    """A copy in the same region is none; production has one (requirement A5)."""
    replica = settings.storage.replica_region
    elsewhere = "us-west-2" if settings.region != "us-west-2" else "us-east-2"
    if replica == settings.region:
        yield wrong(
            ("storage", "replica_region"),
            f"{replica} is ferry:region itself, so both copies would be lost together",
            f"replica_region: {elsewhere}",
        )
    if replica is None and settings.environment is Environment.PROD:
        yield wrong(
            ("storage", "replica_region"),
            "is missing; production's models and artifacts have a copy in another region",
            f"replica_region: {elsewhere}",
        )


@needs("region", "rollout", "capabilities", "storage")
def data_stays_in_named_regions(settings: Settings) -> Iterator[Mistake]:
    """Stores, their copies and backups are made in these regions only: no way leads to another (E5)."""
    if "data_residency" not in settings.enabled:
        return
    named = settings.storage.residency
    if not named:
        fact = "is missing, and data_residency is on: nobody said where data may be"
        yield wrong(("storage", "residency"), fact, f"residency: [{settings.region}]")
        return
    only, copy = f"storage.residency lets data be in {', '.join(named)} only", settings.storage.replica_region
    if settings.region not in named:
        yield wrong(("region",), f"is {settings.region}, and {only}", f"ferry:region: {named[-1]}")
    if copy is not None and copy not in named:
        others = [name for name in named if name != settings.region]
        way = f"replica_region: {others[-1]}" if others else f"residency: [{', '.join([*named, copy])}]"
        yield wrong(("storage", "replica_region"), f"is {copy}, and {only}", way)


@needs("environment", "rollout", "capabilities", "services")
def backups_outlive_a_slip(settings: Settings) -> Iterator[Mistake]:
    """Production's backups are locked, and the monthly ones outlive the daily ones (requirement A11)."""
    if "backup" not in settings.enabled:
        return
    backup = settings.services.backup
    if settings.environment is Environment.PROD and backup.lock == "none":
        yield wrong(
            ("services", "backup", "lock"),
            "is none, so whoever deletes production's data can delete its backups with it",
            "lock: governance",
        )
    if backup.keep_monthly_days <= backup.keep_days:
        yield wrong(
            ("services", "backup", "keep_monthly_days"),
            f"is {backup.keep_monthly_days}, no longer than keep_days {backup.keep_days}, so it adds nothing",
            "keep_monthly_days: 365",
        )


@needs("services")
def data_sources_say_where_they_are(settings: Settings) -> Iterator[Mistake]:
    """A file server has a name and agents, a bucket its name, and no two sources share theirs (A9)."""
    names: set[str] = set()
    for index, source in enumerate(settings.services.data_sources):
        path = ("services", "data_sources", index)
        if source.name in names:
            fact = f'"{source.name}" is given twice, and a task has a name of its own'
            yield wrong((*path, "name"), fact, "name: another-name")
        names.add(source.name)
        wanted = ("server", "agents") if source.kind == "nfs" else ("bucket",)
        for key in wanted:
            if not getattr(source, key):
                fact = f"is missing, and a source of kind {source.kind} is found by it"
                yield wrong((*path, key), fact, example.line((*path, key)))
        foreign = ("bucket", "key_arn") if source.kind == "nfs" else ("server", "agents")
        for key in foreign:
            if getattr(source, key):
                yield wrong(
                    (*path, key), f"means nothing to a source of kind {source.kind}", "remove the line"
                )


@needs("registry")
def repositories_are_given_once(settings: Settings) -> Iterator[Mistake]:
    """ECR has one repository of a name."""
    names = settings.registry.repositories
    for index, name in enumerate(names):
        if name in names[:index]:
            yield wrong(("registry", "repositories", index), f'"{name}" is given twice', "remove the line")


@needs("rollout", "capabilities")
def rollout_is_possible(settings: Settings) -> Iterator[Mistake]:
    """What the level promises is built, or a line says that it is not there (requirement E5)."""
    for problem in rollout.problems(settings.rollout, settings.capabilities):
        yield wrong(tuple(problem.key.split(".")), problem.fact, problem.example)


RULES = (
    data_is_protected,
    teardown_is_reviewed,
    postgres_keeps_what_it_has,
    postgres_can_grow,
    redis_keeps_what_it_has,
    redis_can_fail_over,
    redis_in_the_cluster_has_its_images,
    stores_have_a_copy_elsewhere,
    data_stays_in_named_regions,
    backups_outlive_a_slip,
    data_sources_say_where_they_are,
    repositories_are_given_once,
    rollout_is_possible,
)
