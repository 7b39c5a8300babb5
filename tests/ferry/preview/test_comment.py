"""The comment of a pull request (E2): what real changes look like, and what must hold for any.

The recordings are what the real engine showed of real edits in a rehearsal's world (`recording.py`); that a
preview becomes such a recording, in whatever world, is proved by `test_live.py`. Each comment stands beside
its recording, to be read: `FERRY_GOLDEN=write` writes them anew.
"""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import HealthCheck, given, settings

from ferry.preview.command import as_data
from ferry.preview.comment import LIMIT, render
from ferry.preview.report import Change, Level, judge
from ferry.preview.seen import Kind, Ruling, Seen
from tests.ferry.preview.making import any_seen, policy, step
from tests.ferry.preview.recording import CANARY, CHANGES, RECORDED, load

NAMES = [*CHANGES, CANARY]
DATABASE = "aws:rds/instance:Instance"


def change(name: str) -> Change:
    """A recorded change, judged."""
    found = load(name)
    return judge("dev", "us-east-1", found.seen, ("main", found.base), found.evidence)


@pytest.mark.parametrize("name", NAMES)
def test_comment_of_a_real_change_is_the_one_that_was_reviewed(name: str) -> None:
    """E2."""
    path = RECORDED / f"{name}.md"
    comment = render(change(name))
    if os.environ.get("FERRY_GOLDEN") == "write":
        path.write_text(comment)
    assert comment == path.read_text()


def test_harmless_tag_is_harmless() -> None:
    """E2: no traffic, no data, no rights, no money."""
    found = change("harmless-tag")
    assert found.level is Level.HARMLESS
    assert (found.stake, found.moves, found.shifts, found.unclear) == ([], [], [], [])
    assert found.money.more == (0, 0)


def test_replaced_database_is_the_first_thing_and_red() -> None:
    """E2: before traffic, rights and cost; with what is lost and which input forces it."""
    found, lines = change("replaced-database"), render(change("replaced-database")).splitlines()
    assert found.level is Level.DANGER
    (lost,) = found.stake
    assert (lost.type, lost.kind, lost.why) == (DATABASE, Kind.REPLACE, ("dbName",))
    row = next(number for number, line in enumerate(lines) if "🔴 **replaced**" in line)
    assert "its databases" in lines[row]
    assert all(not line.startswith("###") for line in lines[:row])
    assert lines[1].startswith("🔴 **dev**: ")


def test_canary_step_shows_from_and_to_with_n_and_interval() -> None:
    """E2, C7."""
    comment = render(change(CANARY))
    assert "canary at 1% → **canary at 5%**" in comment
    assert "platform at most 1%, legacy the rest" in comment
    assert re.search(
        r"parity `auc` \| PASS \| 12,400 \(needs 3,400\) \| \+0.0012 \[-0.0021, \+0.0044\]", comment
    )


def test_wildcard_is_said_in_words_and_refused_by_the_pack() -> None:
    """E2, E3."""
    found, comment = change("iam-wildcard"), render(change("iam-wildcard"))
    assert found.level is Level.REFUSED
    assert "may now `s3:*` on" in comment
    assert "🛑" in comment


def test_upgrade_shows_what_it_costs_by_component() -> None:
    """E2, E4."""
    found, comment = change("rollout-upgrade"), render(change("rollout-upgrade"))
    assert found.money.more[0] > 0
    assert "| backup and audit | $0 | $" in comment
    assert "### Not known until apply" in comment


def test_what_the_base_would_change_too_is_not_this_changes_doing() -> None:
    """E2: it is counted, and its diff is left out."""
    old: dict[str, dict[str, str]] = {"tags": {}}
    tag, ours = {"tags": {"a": "1"}}, {"tags": {"b": "2"}}
    queue = "aws:sqs/queue:Queue"
    waits = step(Kind.UPDATE, queue, "theirs", old, tag)
    both = Seen(steps=(waits, step(Kind.UPDATE, queue, "ours", old, ours)))
    found = judge("dev", "us-east-1", both, ("main", Seen(steps=(waits,))))
    assert [item.name for item in found.ours] == ["ours"]
    assert "Waits on `main` already" in render(found)
    assert "theirs" not in render(found)


def test_data_that_the_base_would_lose_is_still_shown_in_red() -> None:
    """E2: whoever merges next loses it."""
    waits = step(Kind.DELETE, DATABASE, "db", {"engine": "postgres"})
    found = judge("dev", "us-east-1", Seen(steps=(waits,)), ("main", Seen(steps=(waits,))))
    assert found.level is Level.DANGER
    assert "waits on `main` already" in render(found)


def test_refused_preview_says_why_and_promises_nothing() -> None:
    """E2."""
    seen = Seen(
        errors=("churn: canary needs evidence",), rulings=(Ruling(policy="r", said="no", mandatory=True),)
    )
    comment = render(judge("prod", "us-east-1", seen))
    assert "🛑 **prod**: refused" in comment
    assert "> churn: canary needs evidence" in comment


def test_value_that_only_the_up_knows_is_listed_and_shown_as_such() -> None:
    """E2."""
    late = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    made = step(
        Kind.CREATE, "aws:sqs/queuePolicy:QueuePolicy", "q", None, {"policy": policy(), "queueUrl": late}
    )
    comment = render(judge("dev", "us-east-1", Seen(steps=(made,))))
    assert "- `q` (`aws:sqs/queuePolicy:QueuePolicy`): `queueUrl`" in comment
    assert "+     queueUrl: (known after apply)" in comment
    assert late not in comment


def test_first_up_of_ten_thousand_resources_fits() -> None:
    """E2: what is left out is counted."""
    many = tuple(
        step(Kind.CREATE, "aws:sqs/queue:Queue", f"queue-{number}", None, {"name": "n" * 50})
        for number in range(10_000)
    )
    comment = render(judge("dev", "us-east-1", Seen(steps=many)))
    assert len(comment) < LIMIT
    assert "more; `ferry preview --json` has them all." in comment


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(any_seen())
def test_any_preview_fits_into_a_comment_and_none_of_its_text_is_markup(seen: Seen) -> None:
    """E2: fewer than 65,000 characters always; nothing closes the fold, calls people, or starts a heading."""
    found = judge("dev", "us-east-1", seen)
    comment = render(found)
    assert len(comment) < LIMIT
    head, _, diff = comment.partition("\n<details><summary>")
    bare = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", head)
    assert "<" not in bare.partition("-->")[2]
    assert "@everyone" not in bare
    assert all(line.removeprefix("### ") in TITLES for line in head.splitlines() if line.startswith("#"))
    if diff:
        fence = re.search(r"^(`{3,})diff$", diff, re.MULTILINE)
        assert fence
        inside, _, after = diff.partition("diff\n")[2].partition(f"\n{fence[1]}\n")
        assert after == "\n</details>\n"
        assert not re.search(rf"^{fence[1]}", inside, re.MULTILINE)
    assert as_data(found)["level"] == found.level


TITLES = {"Traffic", "Who may reach what", "Cost a month", "Policy", "Not known until apply"}
