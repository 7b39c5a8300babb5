"""What proxies and adapters say, made into a guard's window (C8): pure, by table."""

from __future__ import annotations

import pytest

from ferry.guard.counting import Answered, Heard, Ledger, Tries, counted, tries

OVERLAY = "httproute/churn/churn-guard/"
POD = "10.0.1.7"


def line(metric: str, value: int, cluster: str = "httproute/churn/churn-guard/rule/0", pod: str = POD) -> str:
    return (
        f'envoy_cluster_endpoint_{metric}{{envoy_cluster_name="{cluster}",'
        f'envoy_endpoint_address="{pod}:8080"}} {value}'
    )


def said(*lines: str) -> Tries:
    return tries("\n".join(lines) + "\n", [OVERLAY], [POD])


def answers(*rows: tuple[str, float | None, float, int, bool]) -> tuple[Answered, ...]:
    return tuple(Answered(*row) for row in rows)


def test_tries_that_a_retry_hid_are_counted_where_they_failed() -> None:
    """C8: the caller saw none of them; at this pod they are failures."""
    assert said(line("rq_success", 93), line("rq_error", 7)) == Tries(100, 7)


def test_a_pod_that_cannot_even_be_reached_is_a_failure() -> None:
    """C8: nothing was sent, so nothing was answered with 5xx: a dead pod must not look idle."""
    assert said(line("rq_total", 0), line("rq_error", 40), line("cx_connect_fail", 9)) == Tries(40, 40)


@pytest.mark.parametrize(
    "other",
    [
        line("rq_error", 9, pod="10.0.1.8"),
        line("rq_error", 9, cluster="httproute/churn/churn-guard/rule/0-mirror-0"),
        line("rq_error", 9, cluster="httproute/fraud/fraud-guard/rule/0"),
        'envoy_cluster_upstream_rq_xx{envoy_response_code_class="5",envoy_cluster_name="x"} 9',
        "# TYPE envoy_cluster_endpoint_rq_error counter",
    ],
)
def test_what_is_not_this_platforms_live_traffic_is_left_out(other: str) -> None:
    """C8: the old side's errors, copies and other workloads roll nothing back."""
    assert said(line("rq_success", 100), other) == Tries(100, 0)


def warming(state: int, cluster: str = "httproute/churn/churn-guard/rule/0") -> str:
    return f'envoy_cluster_warming_state{{envoy_cluster_name="{cluster}"}} {state}'


def test_a_proxy_knows_the_route_once_its_clusters_were_looked_at() -> None:
    """C6: one that has never heard of it, or still awaits the first health check, answers 503."""
    other = warming(0, "httproute/churn/churn/rule/0")
    assert [said(*lines).knows for lines in ([other], [other, warming(1)], [other, warming(0)])] == [
        False,
        False,
        True,
    ]
    one, two = Tries(knows=True), Tries()
    known = [
        Heard(found, (), ()).known for found in ({}, {"a": one}, {"a": one, "b": two}, {"a": one, "b": None})
    ]
    assert known == [False, True, False, False]


def heard(total: float, bad: float = 0, **sides: tuple[Answered, ...] | None) -> Heard:
    return Heard({"proxy": Tries(total, bad)}, sides.get("platform", ()), sides.get("legacy", ()))


START = Ledger(at=100.0, proxies={"proxy": Tries(50, 5)})


def test_a_window_is_what_came_since_the_last_step() -> None:
    _, window = counted(START, heard(80, 7), 50, 100.5)
    assert window is not None
    assert (window.seconds, window.requests, window.errors) == (0.5, 30, 2)


def test_a_proxy_that_began_anew_or_is_new_invents_nothing() -> None:
    """C8: counters fall when a proxy restarts; a new proxy's whole past is not of this step."""
    _, window = counted(START, heard(4, 1), 50, 100.5)
    assert window is not None
    assert (window.requests, window.errors) == (4, 1)
    new = Heard({"proxy": Tries(60, 5), "another": Tries(900, 900)}, (), ())
    _, window = counted(START, new, 50, 100.5)
    assert window is not None
    assert (window.requests, window.errors) == (10, 0)


def test_without_any_proxy_nothing_is_known() -> None:
    """C8: no data is not healthy; and the time goes on from the last look that saw."""
    ledger, window = counted(START, Heard({"proxy": None}, (), ()), 50, 101.0)
    assert window is None
    _, window = counted(ledger, heard(60, 5), 50, 102.0)
    assert window is not None
    assert window.seconds == 2.0


def test_of_a_platform_that_says_nothing_only_its_failures_are_known() -> None:
    """C8: it died within the window, so it answered and failed; its last answers are not known to be good.
    Proxies that have stopped trying its pods see no failure, and that is no health either.
    """
    assert counted(START, heard(80, 5, platform=None), 50, 100.5)[1] is None
    assert counted(START, heard(50, 5, platform=None), 50, 100.5)[1] is None
    _, window = counted(START, heard(80, 25, platform=None), 50, 100.5)
    assert window is not None
    assert (window.requests, window.errors) == (20, 20)


def test_slow_answers_and_ill_copies_count_and_shed_copies_do_not() -> None:
    """C6, C8: copies show an illness before the first live request; a full shadow is no illness."""
    rows = answers(
        ("a", 0.9, 80.0, 200, False),
        ("b", 0.9, 20.0, 200, False),
        ("c", None, 1.0, 502, True),
        ("d", None, 1.0, 503, True),
        ("e", 0.1, 5.0, 200, True),
    )
    _, window = counted(START, heard(52, 5, platform=rows), 50, 100.5)
    assert window is not None
    assert (window.requests, window.errors, window.slow) == (4, 1, 1)


def test_sides_are_compared_by_key_whenever_the_second_answer_comes() -> None:
    """C7: three copies; one disagrees, one waits for its partner and finds it later."""
    new = answers(("a", 0.9, 1, 200, True), ("b", 0.2, 1, 200, True), ("c", 0.7, 1, 200, True))
    old = answers(("a", 0.8, 1, 200, False), ("b", 0.6, 1, 200, False))
    ledger, window = counted(START, heard(50, 5, platform=new, legacy=old), 50, 100.5)
    assert window is not None
    assert (window.compared, window.different) == (2, 1)
    late = answers(("c", 0.6, 1, 200, False))
    _, window = counted(ledger, heard(50, 5, legacy=late), 50, 101.0)
    assert window is not None
    assert (window.compared, window.different) == (1, 0)


def test_one_sides_repeated_answer_is_not_compared_with_itself() -> None:
    again = answers(("a", 0.9, 1, 200, True), ("a", 0.1, 1, 200, False))
    _, window = counted(START, heard(50, 5, platform=again), 50, 100.5)
    assert window is not None
    assert window.compared == 0
