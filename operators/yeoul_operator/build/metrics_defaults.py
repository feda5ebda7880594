"""The configuration of metrics where an application has none of its own."""

METRICS_PROPERTIES = """\
*.sink.jmx.class=org.apache.spark.metrics.sink.JmxSink
driver.source.jvm.class=org.apache.spark.metrics.source.JvmSource
executor.source.jvm.class=org.apache.spark.metrics.source.JvmSource
"""
"""Everything that Spark measures goes to JMX, and what the JVM measures too."""

# Beans are named `metrics:name=<namespace>.<application>.<driver or executor id>.<metric>`, with
# `type=…` behind it from Dropwizard 4.1 on.
JMX_EXPORTER_RULES = r"""lowercaseOutputName: true
attrNameSnakeCase: true
rules:
  - pattern: >-
      metrics<name=([^.]+)\.([^.]+)\.driver\.spark\.streaming\.(\S+)\.([^.,]+)(, type=\w+)?><>Value
    name: spark_structured_streaming_driver_$4
    type: GAUGE
    labels: {app_namespace: "$1", app_name: "$2", query_name: "$3"}
  - pattern: metrics<name=([^.]+)\.([^.]+)\.driver\.(\S+?)(?:, type=\w+)?><>Value
    name: spark_driver_$3
    type: GAUGE
    labels: {app_namespace: "$1", app_name: "$2"}
  - pattern: metrics<name=([^.]+)\.([^.]+)\.driver\.(\S+?)(?:, type=\w+)?><>Count
    name: spark_driver_$3_count
    type: COUNTER
    labels: {app_namespace: "$1", app_name: "$2"}
  - pattern: metrics<name=([^.]+)\.([^.]+)\.([0-9]+)\.(\S+?)(?:, type=\w+)?><>Value
    name: spark_executor_$4
    type: GAUGE
    labels: {app_namespace: "$1", app_name: "$2", executor_id: "$3"}
  - pattern: metrics<name=([^.]+)\.([^.]+)\.([0-9]+)\.(\S+?)(?:, type=\w+)?><>Count
    name: spark_executor_$4_count
    type: COUNTER
    labels: {app_namespace: "$1", app_name: "$2", executor_id: "$3"}
"""
"""Names and labels for Prometheus: `spark_driver_…`, `spark_executor_…`."""
