"""Ctrl-C once, and twice."""

import os
import signal
import time

import pytest

from yeoul_local.demo.stopping import Stop


def press(number: signal.Signals = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)
    # A signal to this process is handled between two of its steps.
    time.sleep(0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_asks(number: signal.Signals) -> None:
    with Stop().listening() as stop:
        press(number)
        assert stop.asked


def test_the_same_press_may_arrive_twice() -> None:
    with Stop(same_press_seconds=60).listening() as stop:
        press()
        press()
        assert stop.asked


def test_the_second_interrupts() -> None:
    with Stop(same_press_seconds=0).listening():
        press()
        with pytest.raises(KeyboardInterrupt):
            press()


def test_where_nothing_is_to_be_finished_the_first_interrupts() -> None:
    stop = Stop()
    with stop.listening(), pytest.raises(KeyboardInterrupt), stop.eager():
        press()


def test_a_third_disturbs_nothing() -> None:
    with Stop(same_press_seconds=0).listening():
        press()
        with pytest.raises(KeyboardInterrupt):
            press()
        press()


def test_afterwards_the_signals_are_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Stop().listening():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_once_all_is_ended_they_stay_ignored() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        with Stop().listening() as stop:
            stop.ignore_further()
        press()
    finally:
        signal.signal(signal.SIGINT, before)
