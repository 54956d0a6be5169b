"""Panels: a button measures, and what is stored holds no time."""

import re

import pytest

from dsconv_lib import panels


class Clock:
    """A clock that calls move on, so that a measured ratio is exact."""

    def __init__(self):
        self.now = 0.0

    def taking(self, seconds):
        def call():
            self.now += seconds

        return call


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(panels.time, "perf_counter", lambda: clock.now)
    return clock


def test_a_ratio_is_the_first_time_by_the_second(clock):
    assert panels.ratio(clock.taking(3.0), clock.taking(1.5), rounds=3) == 2


def test_one_slow_round_does_not_decide(clock):
    times = iter([1, 1, 900, 1, 1])  # the first call is the one before the rounds

    def uneven():
        clock.now += next(times)

    assert panels.ratio(uneven, clock.taking(1), rounds=4) == 1


def test_nothing_is_measured_before_the_button_is_pressed(clock):
    panel = panels.CompareTimes({"slow < quick": (clock.taking(1.0), clock.taking(4.0))})
    assert clock.now == 0
    assert panel.result.value == ""
    panel.button.click()
    assert panel.result.value == "slow &lt; quick: <b>0.25</b>"
    assert not re.search(r"\d", repr(panel))


def test_a_case_needs_two_calls():
    with pytest.raises(ValueError, match=r"cases\['alone'\] has 1 calls.*give \[first, second\]"):
        panels.CompareTimes({"alone": [print]})
