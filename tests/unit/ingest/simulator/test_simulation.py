from __future__ import annotations

from fix_ingest import START
from yeoul_ingest.simulator.faults import Control
from yeoul_ingest.simulator.fleet import Fleet
from yeoul_ingest.simulator.simulation import LONGEST_CATCH_UP_S, Simulation
from yeoul_ingest.simulator.tracks import Fix, Track
from yeoul_ingest.simulator.window import Window

EVERY_SECOND = Track("1", (Fix(37.5, 127.0, 0.0, 0.0, 1.0),))


def simulation(control: Control | None = None) -> Simulation:
    fleet = Fleet((EVERY_SECOND,), 1, START, seed=1)
    return Simulation(fleet, Window(60), control or Control(), START, seed=1)


def generated(made: Simulation) -> int:
    return made.stats(START).records_generated


def test_a_tick_makes_what_is_due() -> None:
    made = simulation()
    made.tick(START + 2)
    assert generated(made) == 3


def test_while_paused_nothing_is_made() -> None:
    made = simulation(Control(generating=False))
    made.tick(START + 2)
    assert generated(made) == 0


def test_after_a_pause_the_missed_time_is_not_made_up_for() -> None:
    made = simulation()
    made.tick(START)
    made.control = Control(generating=False)
    for second in range(1, 100):
        made.tick(START + second)
    made.control = Control()
    made.tick(START + 100)
    assert generated(made) == 2


def test_a_machine_that_slept_does_not_send_hours_at_once() -> None:
    made = simulation()
    made.tick(START)
    made.tick(START + 3600)
    assert generated(made) == 1


def test_a_short_hold_up_is_made_up_for() -> None:
    made = simulation()
    made.tick(START + LONGEST_CATCH_UP_S)
    assert generated(made) == LONGEST_CATCH_UP_S + 1


def test_a_clock_that_is_set_back_does_not_stop_the_fleet() -> None:
    made = simulation()
    made.tick(START)
    made.tick(START - 3600)
    made.tick(START - 3599)
    assert generated(made) == 2


def test_a_page_shows_records_twice_on_request() -> None:
    made = simulation(Control(duplicate_rate=1))
    made.tick(START + 1)
    page = made.page(1, 10, START + 1)
    assert page == [page[0], page[0], page[2], page[2]]


def test_a_page_asked_again_shows_the_same_records() -> None:
    made = simulation(Control(bad_rate=0.5))
    made.tick(START + 5)
    assert made.page(1, 10, START + 5) == made.page(1, 10, START + 5)


def test_while_paused_no_vehicle_is_active() -> None:
    stats = simulation(Control(generating=False)).stats(START)
    assert (stats.vehicles, stats.active_vehicles) == (1, 0)
