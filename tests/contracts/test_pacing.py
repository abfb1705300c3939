"""The beat of a device and its back-off."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.pacing import Backoff, Pace


def test_devices_of_one_period_do_not_all_wake_at_once() -> None:
    waits = {Pace.start(f"device-{n}", 5.0, 100.0).wait_s(100.0) for n in range(50)}
    assert len(waits) == 50
    assert max(waits) <= 1.0


@given(st.floats(0.1, 60), st.lists(st.floats(0, 200), max_size=20))
def test_the_beat_is_kept_and_missed_beats_are_not_made_up_for(period: float, delays: list[float]) -> None:
    pace = Pace.start("meter", period, 0.0)
    first = pace.wait_s(0.0)
    now = 0.0
    for delay in delays:
        now += pace.wait_s(now) + delay
        pace.done(now)
        beats = (now + pace.wait_s(now) - first) / period
        assert abs(beats - round(beats)) < 1e-6
        assert 0 < pace.wait_s(now) <= period + 1e-6 * max(1.0, now)


def test_back_off_grows_is_jittered_is_capped_and_starts_anew() -> None:
    backoff = Backoff(first_s=1.0, most_s=8.0)
    waits = [backoff.next_s() for _ in range(40)]
    for n, wait in enumerate(waits):
        assert min(8.0, 2.0**n) / 2 <= wait <= min(8.0, 2.0**n)
    assert len(set(waits)) > 20
    backoff.reset()
    assert backoff.next_s() <= 1.0
