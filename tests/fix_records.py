"""Record types and messages for tests of the decoder: plausible, odd, and broken ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from yeoul_stream.pipeline import Field, Record, load_pipeline

REPOSITORY = Path(__file__).parents[1]
CAR_INFO: Record = load_pipeline(REPOSITORY / "manifests/examples/car-info.yaml").spec.record

INTEGERS = [
    "0", "-0", "1", "-1", "20251009", "2147483647", "2147483648", "-2147483648", "-2147483649",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
    "10000", "99999", "1" + "0" * 40, "00", "-00",
]  # fmt: skip
NUMBERS = [
    "0.0", "-0.0", "1.0", "1.5", "12.50", "12.345", "0.1", "1e5", "1E+5", "1e-5", "12e-1", "0e5",
    "9007199254740993.0", "4503599627370497.5", "5.00000000000000000001", "9223372036854775808.0",
    "1.7976931348623157e308", "1.7976931348623159e308", "1e400", "1e-400", "1e22", "2e-2",
    "0e99999999999999999999", "1e-99999999", "0e-99999999", "1e99999999", "1.5e-40",
    "1e99999999999999999999", "1e-99999999999999999999", "99.995",
    "1." + "0" * 60, "0." + "0" * 60 + "1", "20251009.0", "20251009.000", "1.0e1", "-1.00",
]  # fmt: skip
# Numbers elsewhere than in JSON, and what is not even that.
NOT_NUMBERS = [
    "01", "1.", ".5", "+1", "-", "--1", "1_0", "0x10", "1e", "1.e5", "NaN", "-NaN", "Infinity",
    "-Infinity", "Inf", "-Inf", "nan", "inf", "", " ", " 1", "1 ", "1,5", "\u0661", "1f", "1.0.0",
]  # fmt: skip
DATES = [
    "2025-10-09", "2024-02-29", "2025-02-29", "2025-13-01", "0000-01-01", "0001-01-01",
    "9999-12-31", "20251009", "2025-1-9", "2025-10-9", "+2025-10-09", "2025-10-31", "2025-04-31",
]  # fmt: skip
CLOCKS = [
    " 12:00:00", "T12:00:00", " 12:00:00.1", " 23:59:59.999999", "T12:00:00.123456789", " 02:30:00",
    " 01:30:00", " 03:15", "T12", "", " 24:00:00", " 23:59:60", " 12:00:00.", " 12:00:00,5",
    "t12:00:00", "  12:00:00", " 12:0:00", " 12:60:00", " 00:00:00", " 12:00:00 ", "T1200",
]  # fmt: skip
OFFSETS = [
    "Z", "z", "+09:00", "-0330", "+09", "+9", "+23:59", "-23:59", "+24:00", "+09:60", " +09:00",
    "UTC", "-00:00", "+09:00:00", "[Asia/Seoul]", "", "", "",
]  # fmt: skip
# New York and Lord Howe (half an hour) change their clocks on these days.
TURNING_DAYS = ["2025-03-09", "2025-11-02", "2025-04-06", "2025-10-05", "1883-11-18", "2040-03-11"]
ZONES = ["UTC", "Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin"]
STRINGS = [
    r"\u0000", r"\ud800", r"\udc00", r"\udc00\ud800", r"\ud83d\ude00", r"\u0061", r"\/", r"\x",
    r"\u12", "\\",
    "{", "}", "[", "]", ",", ":", "\ud55c\uae00", "\U0001f600", r"\"", r"\"a\":1,", "\n", "\t",
    "\x00", "\x1f", "\x7f", "\ufeff", "\u2028", "null", "true", "", "x" * 200, "\u00e9", "\\n",
]  # fmt: skip
NESTED = [
    "{}", "[]", "[1]", '{"a":1}', '{"a":{"b":[1,null,"x"]}}', "[[],[1.5],[NaN]]", "[1,{}]",
    '{"a":1,"a":2}', '{"\\ud800":1}', "[" * 63 + "]" * 63, "[" * 64 + "]" * 64, "[" * 3000,
    '{"a":' * 70 + "1" + "}" * 70, '["' + "[" * 70 + '"]',
]  # fmt: skip
SPACES = ["", "", "", "", "", "", " ", "\n", "\r\n", "\t", "  ", "\x0b", "\x00", "\ufeff", "\u00a0"]
NAMES = ["a", "b", "ab", "A", "a b", "a.b", "a)b", "a|b", "\ud55c", 'a"b', "a\\b", "1", "null", "é"]
TYPES = ["string", "int", "long", "double", "boolean", "timestamp", "date"]


def of(*fields: str, zone: str = "UTC") -> Record:
    """A record type from `name:type`, a `!` after the type making it required."""
    parsed = []
    for text in fields:
        name, _, kind = text.partition(":")
        parsed.append(Field(name=name, type=kind.rstrip("!"), nullable=not kind.endswith("!")))
    return Record(format="json", time_zone=zone, fields=tuple(parsed))


def _quoted(text: str) -> str:
    return f'"{text}"'


def _number(random: Random) -> str:
    match random.randrange(4):
        case 0:
            return str(random.randrange(-1000, 1000))
        case 1:
            return repr(random.uniform(-200, 200))
        case 2:
            return repr(10 ** random.uniform(-320, 308))
        case _:
            return random.choice(INTEGERS + NUMBERS)


def _moment(random: Random) -> str:
    at = datetime(1, 1, 1, tzinfo=UTC) + timedelta(
        microseconds=random.randrange(315_537_897_599 * 10**6)
    )
    return at.strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0")


def _date(random: Random) -> str:
    return random.choice([*DATES, *TURNING_DAYS, _moment(random)[:10]])


def _timestamp(random: Random) -> str:
    clock = random.choice([*CLOCKS, *[_moment(random)[10 : random.choice([16, 19, 22, 26])]] * 20])
    return _date(random) + clock + random.choice(OFFSETS)


def _odd(random: Random) -> str:
    """The text of some value."""
    return random.choice(
        [
            _number(random),
            _quoted(_number(random)),
            random.choice(NOT_NUMBERS),
            _quoted(random.choice(NOT_NUMBERS)),
            _quoted(random.choice(STRINGS)),
            _quoted(random.choice(STRINGS) + random.choice(STRINGS)),
            _quoted(_date(random)),
            _quoted(_timestamp(random)),
            random.choice(NESTED),
            random.choice(["null", "true", "false", "nul", "True"]),
        ]
    )


_USUAL: dict[str, Callable[[Random], str]] = {
    "string": lambda random: random.choice([_quoted("x"), _quoted("\ud55c"), '""', "2025", "1.50"]),
    "int": lambda random: str(random.randrange(-(2**31), 2**31)),
    "long": lambda random: str(random.randrange(-(2**63), 2**63)),
    "double": lambda random: repr(random.uniform(-200, 200)),
    "boolean": lambda random: random.choice(["true", "false"]),
    "timestamp": lambda random: _quoted(_moment(random) + random.choice(["", "", "Z"])),
    "date": lambda random: _quoted(_moment(random)[:10]),
    "decimal": lambda random: str(random.randrange(-99, 100) / 10),
}


def _record(random: Random) -> Record:
    if random.random() < 0.2:
        return CAR_INFO
    fields = []
    for name in random.sample(NAMES, random.randrange(1, 7)):
        precision = random.randrange(1, 39)
        decimal = f"decimal({precision},{random.randrange(precision + 1)})"
        kind = random.choice([*TYPES, decimal])
        fields.append(Field(name=name, type=kind, nullable=random.random() < 0.8))
    record = Record(format="json", fields=tuple(fields))
    # Not through the model: it reads the names of all time zones each time.
    return record.model_copy(update={"time_zone": random.choice(ZONES)})


def _object(random: Random, record: Record, odds: float) -> str:
    """The text of an object of about the right fields, each with the odds of being odd."""

    def odd() -> bool:
        return random.random() < odds

    def space() -> str:
        return random.choice(SPACES) if spaced else " "

    spaced = odd()
    members = []
    for field in record.fields:
        if not odd():
            key = json.dumps(field.name, ensure_ascii=random.random() < 0.5)
            kind = field.type.partition("(")[0]
            members.append((key, _odd(random) if odd() else _USUAL[kind](random)))
    if odd() or odd():
        members.append((json.dumps(random.choice(["extra", "more", *NAMES])), _odd(random)))
    if members and odd():
        members.append((random.choice(members)[0], _odd(random)))
    if odd():
        escaped = "".join(f"\\u{ord(letter):04x}" for letter in record.fields[0].name)
        members.append((f'"{escaped}"', _odd(random)))
    if odd():
        random.shuffle(members)
    inside = ",".join(
        f"{space()}{key}{space()}:{space()}{value}{space()}" for key, value in members
    )
    return f"{space() if spaced else ''}{{{inside}}}{space() if spaced else ''}"


def _message(random: Random, record: Record) -> bytes | None:
    """One message's value: an object, sometimes a damaged one, or something else."""
    text = _object(random, record, random.choice([0, 0, 0.02, 0.1]))
    value = text.encode(errors="surrogatepass")
    at, to = sorted(random.randrange(len(value) + 1) for _ in range(2))
    match random.randrange(30):
        case 0:
            return random.choice([None, b"", b" ", random.randbytes(random.randrange(20))])
        case 1:
            return value[:at]
        case 2 if at < len(value):
            return value[:at] + bytes([value[at] ^ 1 << random.randrange(8)]) + value[at + 1 :]
        case 3:
            return value[:at] + random.randbytes(random.randrange(3)) + value[to:]
        case 4:
            between = random.choice([b"", b"\n", b",", b"\x00", b" "])
            return value + between + _object(random, record, 0).encode()
        case 5:
            return random.choice([b"\xef\xbb\xbf", b" \r\n", b"[", b"\x00"]) + value
        case 6:
            return value + random.choice([b" \r\n", b"]", b"}", b"\x00", b"\x00}", b"\xff"])
        case _:
            return value


# Drawn as seeds: a draw for every token of 100,000 messages would take hours, and what helps when
# a test fails is that the list of messages shrinks.
_SEEDS = st.binary(min_size=8, max_size=8)


@st.composite
def batches(draw: st.DrawFn) -> tuple[Record, list[bytes | None]]:
    """A record type and up to 40 messages of it; an example has 20 at least, if none fails."""
    record = _record(Random(draw(_SEEDS)))
    seeds = draw(st.lists(_SEEDS, min_size=draw(st.sampled_from([20, 1])), max_size=40))
    return record, [_message(Random(seed), record) for seed in seeds]
