"""The budget: the only rule that needs to know what the environment may cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy.cost.estimating import estimate
from policy.model import Catalogue, Resource, Severity, Site, StackRule

ID = "FERRY.COST.3"


def rule(site: Site) -> StackRule:
    """The rule for one environment; without a budget it finds nothing."""

    def facts(resources: Sequence[Resource]) -> Iterator[tuple[Resource, str]]:
        if site.budget_usd is None:
            return
        found = estimate(resources, site.region)
        if found.high > site.budget_usd:
            dearest = max(found.lines, key=lambda line: line.high)
            blamed = next(item for item in resources if item.name == dearest.resource)
            yield (
                blamed,
                f"a month would cost up to ${found.high:,.0f}, and the budget is ${site.budget_usd:,.0f}; "
                f"the most of it is this: {dearest.what}, ${dearest.high:,.0f}",
            )

    return StackRule(
        ID,
        Catalogue.FERRY,
        Severity.MEDIUM,
        "Somebody is billed for what nobody agreed to",
        "Lower the limits of the pools, or raise ferry:cost.budget_usd in a reviewed change",
        facts,
    )
