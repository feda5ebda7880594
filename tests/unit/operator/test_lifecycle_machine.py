"""Random lives of an application, with operators that die between any two writes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fix_lifecycle import World, application
from yeoul_operator.api.application import RestartType
from yeoul_operator.api.status import Outcome, State
from yeoul_operator.reconcile.history import TERMINAL

RETRIES = 2
LAGS = st.sampled_from([0, 0, 1, 2, 4, 12])


class Life(RuleBasedStateMachine):
    """One application; everybody acts in any order, and caches lag behind."""

    world: World

    @initialize(kind=st.sampled_from(list(RestartType)), suspend=st.booleans())
    def begin(self, kind: RestartType, suspend: bool) -> None:
        policy = {"type": kind.value, "onFailureRetries": RETRIES}
        self.world = World(application(restartPolicy=policy, suspend=suspend))

    @rule(lag=LAGS, pod_lag=LAGS, writes=st.none() | st.integers(0, 3))
    def turn(self, lag: int, pod_lag: int, writes: int | None) -> None:
        if self.world.exists:
            self.world.turn(lag=lag, pod_lag=pod_lag, writes=writes)

    @precondition(lambda self: self.world.exists)
    @rule(exit_code=st.sampled_from([0, 1]), lag=LAGS)
    def run_to_an_end(self, exit_code: int, lag: int) -> None:
        """What each rule does by itself, in the order in which it gets somewhere."""
        self.world.turn()
        self.world.start()
        if self.world.exists:
            self.world.turn(lag=lag)
        self.world.end(exit_code)
        if self.world.exists:
            self.world.turn(pod_lag=lag)
        self.world.finish_deletions()
        self.world.pass_time(400)

    @rule()
    def start(self) -> None:
        self.world.start()

    @rule(exit_code=st.sampled_from([0, 1, 137, 143]))
    def end(self, exit_code: int) -> None:
        self.world.end(exit_code)

    @rule()
    def lose(self) -> None:
        self.world.lose()

    @rule()
    def delete_pods(self) -> None:
        self.world.delete_pods()

    @rule()
    def finish_deletions(self) -> None:
        self.world.finish_deletions()

    @rule(image=st.sampled_from(["a", "b", "bad"]))
    def edit_image(self, image: str) -> None:
        self.world.edit(image=image)

    @rule(name=st.sampled_from([None, "other"]))
    def edit_pod_name(self, name: str | None) -> None:
        driver = self.world.app.spec.driver.model_copy(update={"pod_name": name})
        self.world.edit(driver=driver)

    @rule(ttl=st.sampled_from([None, 5]))
    def edit_ttl(self, ttl: int | None) -> None:
        self.world.edit(time_to_live_seconds=ttl)

    @rule(suspend=st.booleans())
    def suspend(self, suspend: bool) -> None:
        self.world.edit(suspend=suspend)

    @rule(text=st.sampled_from(["x", "y"]))
    def restart(self, text: str) -> None:
        self.world.annotate(text)

    @rule(seconds=st.sampled_from([1, 10, 60, 700]))
    def pass_time(self, seconds: int) -> None:
        self.world.pass_time(seconds)

    @rule(full=st.booleans())
    def quota(self, full: bool) -> None:
        self.world.quota = full

    @invariant()
    def one_live_driver_at_most(self) -> None:
        if hasattr(self, "world"):
            assert len(self.world.running()) + len(self.world.waiting()) <= 1

    @invariant()
    def no_state_is_unknown(self) -> None:
        if hasattr(self, "world"):
            assert State.UNKNOWN not in self.world.states

    @invariant()
    def budgets_are_kept(self) -> None:
        if hasattr(self, "world") and self._kind is RestartType.ON_FAILURE:
            assert self.world.app.status.retries.application_failures <= RETRIES + 1

    @invariant()
    def never_means_one_run(self) -> None:
        """With `Never`, only an edit, a resumption or a request starts a second attempt."""
        if not hasattr(self, "world") or self._kind is not RestartType.NEVER:
            return
        failures = [
            each for each, next_one in pairwise(self.world.app.status.attempts)
            if each.outcome is not Outcome.STOPPED and each.generation == next_one.generation
            and each.restarted_at == next_one.restarted_at
        ]  # fmt: skip
        assert not failures

    @precondition(lambda self: self.world.exists)
    @rule()
    def it_settles(self) -> None:
        """Left alone, it comes to rest, and then another look writes nothing."""
        self.world.quota = False
        self.world.settle()
        before = self.world.writes
        if self.world.exists:
            self.world.turn()
        assert self.world.writes == before
        self._is_at_rest()

    def _is_at_rest(self) -> None:
        world = self.world
        state = world.app.status.state
        if not world.exists:
            return
        if world.running():
            assert state is State.RUNNING
        elif world.waiting():
            assert state is State.SUBMITTED
        else:
            assert state in TERMINAL or state is State.SUSPENDED

    @property
    def _kind(self) -> RestartType | None:
        return self.world.app.spec.restart_policy.type


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
