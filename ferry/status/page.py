"""The status as one self-contained page, light or dark as the reader's system is."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from ferry.status.model import Mark, Status


def render(status: Status) -> str:
    """One HTML document: no script, style, font or picture comes from elsewhere."""
    environment = Environment(
        loader=PackageLoader("ferry.status", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("status.html.j2")
    return template.render(status=status, tiles=tiles(status), looked=incidents(status), percent=percent)


def percent(share: float) -> str:
    """``0.255`` → ``26%``."""
    return f"{share:.0%}"


def incidents(status: Status) -> str:
    """How many; no data where nobody looked at any route."""
    looked = any(item.weight is not None for item in status.crossings)
    return str(len(status.incidents)) if looked else "no data"


def tiles(status: Status) -> list[tuple[str, str, str]]:
    """What is read first: label, figure, remark."""
    moved, whole = status.value_moved
    money = status.money
    kept = sum(control.mark is Mark.PASS for control in status.controls)
    budget = f"budget ${money.budget:,.0f}" if money.budget else "no budget is set"
    saved = "the old estate's cost is not set" if money.saved is None else f"{money.saved:.0%} saved at least"
    controls = ("controls with evidence", f"{kept} of {len(status.controls)}", "see compliance below")
    return [
        ("value moved", f"${moved:,}", f"of ${whole:,} a year"),
        ("incidents", incidents(status), "workloads rolled back and latched"),
        ("a month costs", f"${money.low:,.0f} to {money.high:,.0f}", f"{budget}; {saved}"),
        *([controls] if status.controls else []),
    ]
