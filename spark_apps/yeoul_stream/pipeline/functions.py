"""Spark SQL functions that an expression over one record may not call, by reason.

The groups are those of Spark 4.1's own catalogue of functions, which a data plane test compares
with these sets; the non-deterministic ones are listed by hand because no catalogue marks them.
"""

from __future__ import annotations

from typing import Final


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


AGGREGATES: Final = _names(
    """
    any any_value approx_count_distinct approx_percentile approx_top_k approx_top_k_accumulate
    approx_top_k_combine array_agg avg bit_and bit_or bit_xor bitmap_and_agg
    bitmap_construct_agg bitmap_or_agg bool_and bool_or collect_list collect_set corr count
    count_if count_min_sketch covar_pop covar_samp every first first_value grouping grouping_id
    histogram_numeric hll_sketch_agg hll_union_agg kll_sketch_agg_bigint kll_sketch_agg_double
    kll_sketch_agg_float kurtosis last last_value listagg max max_by mean median min min_by mode
    percentile percentile_approx percentile_cont percentile_disc regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy schema_of_variant_agg skewness
    some std stddev stddev_pop stddev_samp string_agg sum theta_intersection_agg
    theta_sketch_agg theta_union_agg try_avg try_sum var_pop var_samp variance
    """
)
WINDOWS: Final = _names(
    """
    cume_dist dense_rank lag lead nth_value ntile percent_rank rank row_number window
    session_window window_time
    """
)
GENERATORS: Final = _names(
    """
    collations explode explode_outer inline inline_outer json_tuple posexplode posexplode_outer
    python_worker_logs range sql_keywords stack variant_explode variant_explode_outer
    """
)
NONDETERMINISTIC: Final = _names(
    """
    aes_encrypt input_file_block_length input_file_block_start input_file_name java_method
    monotonically_increasing_id rand randn random randstr reflect shuffle spark_partition_id
    try_reflect uniform uuid
    """
)
CLOCKS: Final = _names("curdate current_date current_time current_timestamp localtimestamp now")
# These read the clock only when they are called without an argument.
CLOCKS_WITHOUT_ARGUMENTS: Final = _names("unix_timestamp")
# Spark reads these as functions even without parentheses, unless a column has the name.
BARE_CLOCKS: Final = CLOCKS - {"curdate", "now"}

ONE_RECORD: Final = "an expression sees one record at a time"
READS_THE_CLOCK: Final = (
    "reads the clock, so that a repeated batch would differ; "
    "use _kafka_timestamp, the time that Kafka gave the record"
)
_REASONS: Final = (
    (_names("max"), f"is an aggregate, and {ONE_RECORD}; greatest() compares columns"),
    (_names("min"), f"is an aggregate, and {ONE_RECORD}; least() compares columns"),
    (AGGREGATES, f"is an aggregate, and {ONE_RECORD}"),
    (WINDOWS, f"needs a window over several records, and {ONE_RECORD}"),
    (GENERATORS, "makes several rows of one record, which would break the count of records"),
    (NONDETERMINISTIC, "is not deterministic, so that a repeated batch would differ"),
    (CLOCKS, READS_THE_CLOCK),
    (_names("identifier"), "hides which column or function is meant; write its name"),
)


def refusal(name: str) -> str | None:
    """Why the function `name` (lower case) is refused; None when it is not."""
    return next((reason for names, reason in _REASONS if name in names), None)
