"""Which files of a lake go with offsets that are taken back."""

from yeoul_stream.books import RangeBook
from yeoul_stream.past.holes import Move
from yeoul_stream.past.lake import within
from yeoul_stream.sinks.hdfs.log import visible_name
from yeoul_stream.sinks.iceberg.sink import data_path, visible_path
from yeoul_stream.start import TopicState

TOPIC = TopicState("t", "abcdefgh-1", {0: 0, 1: 0}, {0: 100, 1: 100})
BACK = [Move(0, 30, 20), Move(1, 10, 40)]


def name(partition: int, start: int, end: int, topic_id: str = TOPIC.topic_id) -> str:
    return visible_name(RangeBook(topic_id, "t", partition, start, end), 0)


def test_files_from_the_target_on_go() -> None:
    names = [name(0, 10, 20), name(0, 20, 25), f"day=1/{name(0, 25, 30)}"]
    assert within(names, TOPIC, BACK) == tuple(sorted(names[1:]))


def test_what_lies_where_records_are_passed_over_stays() -> None:
    assert within([name(1, 50, 60)], TOPIC, BACK) == ()


def test_files_of_another_topic_id_stay() -> None:
    assert within([name(0, 25, 30, "zzzzzzzz-2")], TOPIC, BACK) == ()


def test_files_of_other_names_stay() -> None:
    assert within(["day=1/00000-0-uuid.parquet"], TOPIC, BACK) == ()


def test_a_table_s_data_file_tells_the_name_it_was_given() -> None:
    visible = f"day=1/{name(0, 25, 30)}"
    assert visible_path(data_path(visible, "0123456789abcdef")) == visible


def test_a_file_that_a_compaction_has_named_tells_none() -> None:
    assert visible_path("data/day=1/00000-2-bd0f3e2a-1-00001.parquet") is None
