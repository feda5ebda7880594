{{/* Where the record can be looked for, as the release's namespace sees it: table, lake, or both. */}}
{{- define "yeoul.test.places" -}}
{{- $test := .Values.test -}}
{{- $secret := .Values.postgres.pipelineSecret -}}
{{- $found := list -}}
{{- if and $test.table.name $secret.name (has .Release.Namespace (default (list .Release.Namespace) $secret.namespaces)) -}}{{- $found = append $found "table" -}}{{- end -}}
{{- if and $test.lake.path (include "yeoul.hadoop.configMap" .) -}}{{- $found = append $found "lake" -}}{{- end -}}
{{- join "," $found -}}
{{- end -}}

{{/* Whether there is Kafka, or a simulator, to send it to. */}}
{{- define "yeoul.test.isSent" -}}
{{- if or .Values.ingest.simulator.enabled (ne .Values.kafka.provider "external") .Values.kafka.external.bootstrapServers -}}
true
{{- end -}}
{{- end -}}

{{/* Whether there is a test: Secret and ConfigMap of pipelines are in the namespaces of Spark only. */}}
{{- define "yeoul.test.isMade" -}}
{{- $here := has .Release.Namespace (splitList "," (include "yeoul.spark.namespaces" .)) -}}
{{- if and .Values.test.enabled $here (include "yeoul.test.places" .) (include "yeoul.test.isSent" .) -}}
true
{{- end -}}
{{- end -}}
