"""What went wrong on this machine, and what the person at it can do."""


class LocalError(Exception):
    """A sentence on what is wrong, and one on the remedy.

    Args:
        what: what is wrong, with the place and the value.
        remedy: what to do about it.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n{self.remedy}"


class CancelledError(Exception):
    """The start was called off (Ctrl-C, SIGTERM, or another part failed)."""
