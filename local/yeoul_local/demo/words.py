"""Numbers as people read them."""


def clock(seconds: float) -> str:
    """`0:07`, `12:34`, `1:02:03`."""
    whole = max(int(seconds), 0)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def count(number: float | None) -> str:
    """Thousands apart; a dash for what is not known."""
    return "-" if number is None else f"{number:,.0f}"


def duration(seconds: float | None) -> str:
    """`0.8 s`, `12 s`, `3.5 min`."""
    if seconds is None:
        return "-"
    if seconds >= 120:
        return f"{seconds / 60:.1f} min"
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"


def plural(number: int, word: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def one_line(text: str, width: int) -> str:
    """The first line of a text, cut where it is too long, without control characters."""
    first = text.strip().splitlines()[0] if text.strip() else ""
    clean = "".join(letter if letter.isprintable() else " " for letter in first)
    return clean if len(clean) <= width else clean[: width - 1] + "…"
