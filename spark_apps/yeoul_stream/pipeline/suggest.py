"""Did you mean ...?"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`: the same but for case and separators, else by spelling."""
    candidates = sorted(set(known))
    for candidate in candidates:
        if _fold(candidate) == _fold(word):
            return candidate
    by_fold = {_fold(candidate): candidate for candidate in candidates}
    close = get_close_matches(_fold(word), by_fold, n=1, cutoff=0.7)
    return by_fold[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A clause to append to a message; empty when nothing comes close."""
    match = closest(word, known)
    return f'; did you mean "{match}"?' if match is not None else ""


def _fold(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")
