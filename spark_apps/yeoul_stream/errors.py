"""What can go wrong in a sink, sorted by what helps: a person, or another try."""


class PermanentError(Exception):
    """A retry would fail the same way: a person (or an edit) has to act."""


class FencedError(PermanentError):
    """A newer driver has taken over this sink; nothing was written."""


class DataLossError(PermanentError):
    """Kafka no longer holds offsets that were never read."""


class TargetMismatchError(PermanentError):
    """The target cannot take what the pipeline produces."""


class PositionError(Exception):
    """A batch does not continue where the sink stands. Restarting from the sink resolves it."""


class TopicChangedError(Exception):
    """The topic was recreated while a query ran. Restarting reads the new one from its start."""


class RestartError(Exception):
    """Nothing went wrong: what a query started with has changed, and starting again takes it up."""


class CredentialsChangedError(RestartError):
    """The secret of the source is another one now."""

    def __init__(self) -> None:
        super().__init__("Kafka's secret has changed: starting again with the new one")


class ClockSetBackError(RestartError):
    """The wall clock was set back: Spark waits for the next batch until it is as late again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the clock was set back by {seconds:.0f} s: starting again by the new one"
        )


def fenced(sink: str, mine: int, current: int) -> FencedError:
    """Return the error for a writer whose epoch is no longer the newest."""
    return FencedError(
        f"sink {sink!r}: epoch {mine} is superseded by epoch {current}: another driver of this "
        "pipeline has taken over. Nothing was written. Stop one of the two"
    )


def outrun(sink: str, epoch: int, holder: str) -> FencedError:
    """Return the error for a driver that would claim a sink which another one has claimed since."""
    whose = f"driver {holder}" if holder else "another driver, or a change of its past,"
    return FencedError(
        f"sink {sink!r}: {whose} has taken it over meanwhile, at epoch {epoch}. Nothing was "
        "written. Where two drivers of this pipeline run, stop one"
    )


def erased(sink: str) -> FencedError:
    """Return the error for a writer whose books are gone."""
    return FencedError(
        f"sink {sink!r}: its position and its epoch are gone: somebody has erased this pipeline. "
        "Nothing was written. Start it anew, and it begins as a new one"
    )


_BY_NAME: dict[str, type[Exception]] = {
    f"{cls.__module__}.{cls.__name__}": cls
    for cls in (
        FencedError, DataLossError, TargetMismatchError, PositionError, TopicChangedError,
        PermanentError,
    )
}  # fmt: skip


def root_cause(error: BaseException) -> Exception:
    """Return the error that a Python worker raised, recovered from Spark's report of it.

    Spark passes a worker's exception on as text: a traceback whose last line names class and
    message. Our own classes come back as themselves, others as RuntimeError with that line.
    """
    text = str(error)
    if "Traceback (most recent call last)" not in text:
        return error if isinstance(error, Exception) else RuntimeError(text)
    lines = text.split("Traceback (most recent call last)")[-1].splitlines()[1:]
    # Frames are indented; the first line that is not begins the exception.
    tail = [line for line in lines if line and not line.startswith(" ")]
    summary = tail[0].strip() if tail else text.strip().splitlines()[0]
    name, _, message = summary.partition(": ")
    known = _BY_NAME.get(name)
    return known(message) if known else RuntimeError(summary)


def java_cause(text: str) -> str | None:
    """Return what Java said, in one line, of a report of py4j's or Spark's; None if it is none.

    That is what was thrown, or of a failed Spark job its innermost cause.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    thrown = [line.removeprefix(": ") for line in lines if line.startswith(": ")]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    if thrown and "Job aborted" not in thrown[0]:
        return thrown[0]
    return causes[-1] if causes else None
