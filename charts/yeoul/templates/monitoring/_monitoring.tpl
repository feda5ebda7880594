{{- define "yeoul.alertmanager.isMade" -}}
{{- if and (eq .Values.monitoring.provider "builtin") .Values.monitoring.builtin.alertmanager.enabled -}}true{{- end -}}
{{- end -}}

{{- define "yeoul.grafana.isMade" -}}
{{- if and (eq .Values.monitoring.provider "builtin") .Values.monitoring.builtin.grafana.enabled -}}true{{- end -}}
{{- end -}}

{{- define "yeoul.nodeExporter.isMade" -}}
{{- if and (eq .Values.monitoring.provider "builtin") .Values.monitoring.builtin.nodeExporter.enabled -}}true{{- end -}}
{{- end -}}

{{/* Whether the database is known, and somebody asks for its metrics. */}}
{{- define "yeoul.postgres.exporter.isMade" -}}
{{- $external := .Values.postgres.external -}}
{{- $known := or (ne .Values.postgres.provider "external") (and $external.host (or $external.password $external.existingSecret)) -}}
{{- if and (ne .Values.monitoring.provider "none") .Values.monitoring.postgresExporter.enabled $known -}}true{{- end -}}
{{- end -}}

{{/*
Whom Prometheus asks, as a list of pods by their labels: name (of the job), namespaces, labels,
exists (a label that they must have), port (its name), path, honor (whether the labels of the metrics
themselves win), drops (metrics and labels that are not kept).
*/}}
{{- define "yeoul.monitoring.targets" -}}
{{- $here := list .Release.Namespace -}}
{{- $found := list (dict "name" "stream" "namespaces" (splitList "," (include "yeoul.spark.namespaces" .)) "labels" (dict "spark-role" "driver") "exists" "yeoul.dev/pipeline" "port" "progress") -}}
{{- if .Values.operator.enabled -}}
{{- $found = append $found (dict "name" "operator" "component" "operator" "port" "metrics" "honor" true) -}}
{{- end -}}
{{- if include "yeoul.ingest.isPolled" . -}}
{{- $found = append $found (dict "name" "poller" "component" "poller" "port" "metrics") -}}
{{- end -}}
{{- if eq .Values.airflow.provider "builtin" -}}
{{- /* Its metrics are the poller's, and Airflow's own. */ -}}
{{- $found = append $found (dict "name" "airflow" "component" "airflow-scheduler" "port" "metrics") -}}
{{- end -}}
{{- if and (eq .Values.kafka.provider "builtin") .Values.kafka.builtin.metrics -}}
{{- $found = append $found (dict "name" "kafka" "component" "kafka" "port" "metrics") -}}
{{- else if and (eq .Values.kafka.provider "strimzi") .Values.kafka.strimzi.metrics -}}
{{- $found = append $found (dict "name" "kafka" "labels" (dict "strimzi.io/cluster" (include "yeoul.fullname" .) "strimzi.io/kind" "Kafka") "port" "tcp-prometheus") -}}
{{- end -}}
{{- if include "yeoul.postgres.exporter.isMade" . -}}
{{- $found = append $found (dict "name" "postgres" "component" "postgres-exporter" "port" "metrics") -}}
{{- end -}}
{{- if eq .Values.hdfs.provider "builtin" -}}
{{- $drops := .Files.Get "files/hdfs/drops.yaml" | fromYamlArray -}}
{{- $nodes := list "namenode" "datanode" -}}
{{- if include "yeoul.hdfs.ha" . -}}{{- $nodes = append $nodes "journalnode" -}}{{- end -}}
{{- range $nodes -}}
{{- $found = append $found (dict "name" "hdfs" "component" . "port" "http" "path" "/prom" "drops" $drops) -}}
{{- end -}}
{{- end -}}
{{- range $found -}}
{{- $labels := dict -}}
{{- if .component -}}{{- $labels = include "yeoul.selector" (dict "root" $ "component" .component) | fromYaml -}}{{- end }}
- {{ include "yeoul.over" (list (dict "namespaces" $here "labels" $labels "path" "/metrics" "drops" list "honor" false "exists" "" "component" "") .) | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* The alerts that there are with these providers, as names of files split by commas. */}}
{{- define "yeoul.monitoring.groups" -}}
{{- $found := list "stream" "nodes" -}}
{{- if .Values.operator.enabled -}}{{- $found = append $found "operator" -}}{{- end -}}
{{- if or (include "yeoul.ingest.isPolled" .) (eq .Values.airflow.provider "builtin") -}}{{- $found = append $found "ingest" -}}{{- end -}}
{{- if or (and (eq .Values.kafka.provider "builtin") .Values.kafka.builtin.metrics) (and (eq .Values.kafka.provider "strimzi") .Values.kafka.strimzi.metrics) -}}{{- $found = append $found "kafka" -}}{{- end -}}
{{- if include "yeoul.postgres.exporter.isMade" . -}}{{- $found = append $found "postgres" -}}{{- end -}}
{{- if eq .Values.hdfs.provider "builtin" -}}{{- $found = append $found "hdfs" -}}{{- end -}}
{{- join "," (sortAlpha $found) -}}
{{- end -}}

{{/* A group's rules, with what the values say of all alerts: root, group. */}}
{{- define "yeoul.monitoring.rules" -}}
{{- $alerts := .root.Values.monitoring.alerts -}}
{{- $text := .root.Files.Get (printf "files/alerts/%s.yaml" .group) -}}
{{- $groups := list -}}
{{- range (fromYaml $text).groups -}}
{{- $rules := list -}}
{{- range .rules -}}
{{- if .alert -}}
{{- $url := printf "%s/%s.md" (trimSuffix "/" $alerts.runbooks) .alert -}}
{{- $_ := set . "labels" (include "yeoul.over" (list $alerts.labels .labels) | fromYaml) -}}
{{- $_ := set . "annotations" (include "yeoul.over" (list .annotations (dict "runbook_url" $url)) | fromYaml) -}}
{{- end -}}
{{- $rules = append $rules . -}}
{{- end -}}
{{- $groups = append $groups (dict "name" .name "rules" $rules) -}}
{{- end -}}
{{- toYaml (dict "groups" $groups) -}}
{{- end -}}

{{/*
libpq's `sslmode` in the words of Go's driver, which knows neither allow nor prefer. Names are not
checked of a server of the chart's: exporter and Grafana have no authority at hand.
*/}}
{{- define "yeoul.monitoring.sslmode" -}}
{{- if eq .Values.postgres.provider "external" -}}
{{- get (dict "allow" "disable" "prefer" "require") .Values.postgres.external.sslmode | default .Values.postgres.external.sslmode -}}
{{- else if and (eq .Values.postgres.provider "builtin") (not (include "yeoul.tls.postgres" .)) -}}
disable
{{- else -}}
require
{{- end -}}
{{- end -}}
