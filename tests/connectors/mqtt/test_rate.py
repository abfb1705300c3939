"""Messages a second, from two counters."""

from __future__ import annotations

import pytest

from connectors.mqtt.rate import SPAN_S, Rate


def test_a_steady_stream_has_its_rate_whenever_it_is_asked_for() -> None:
    rate = Rate()
    for tenth in range(3 * 600):
        rate.count(tenth / 10)
        if tenth > 600:
            assert rate.per_s(tenth / 10) == pytest.approx(10, rel=0.01)


def test_a_burst_is_forgotten_after_two_spans() -> None:
    rate = Rate()
    assert rate.per_s(0.0) == 0
    for _ in range(60):
        rate.count(SPAN_S / 2)
    assert rate.per_s(SPAN_S / 2) == 1
    assert rate.per_s(1.5 * SPAN_S) == 0.5
    assert rate.per_s(2 * SPAN_S) == 0
    rate.count(9 * SPAN_S)
    assert rate.per_s(9 * SPAN_S) == pytest.approx(1 / SPAN_S)
