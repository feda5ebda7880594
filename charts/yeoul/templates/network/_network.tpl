{{/* The connections that there are with these providers: a list. */}}
{{- define "yeoul.network.connections" -}}
{{- $found := list -}}
{{- $ha := include "yeoul.hdfs.ha" . -}}
{{- $zookeeper := include "yeoul.hdfs.zookeeper.own" . -}}
{{- $providers := list .Values.kafka.provider .Values.postgres.provider .Values.hdfs.provider -}}
{{- $special := dict
      "api" .Values.ingest.poller.url
      "poller" (include "yeoul.ingest.isPolled" .)
      "backup" (include "yeoul.postgres.isBackedUp" .)
      "external" (has "external" $providers)
      "web" .Values.web.enabled
      "hdfs.ha" $ha
      "hdfs.zookeeper" $zookeeper
      "hdfs.zookeeper.external" (and $ha (not $zookeeper))
      "kafka.metrics" (and (eq .Values.kafka.provider "builtin") .Values.kafka.builtin.metrics)
      "monitoring.alertmanager" (include "yeoul.alertmanager.isMade" .)
      "monitoring.grafana" (include "yeoul.grafana.isMade" .)
      "monitoring.exporter" (include "yeoul.postgres.exporter.isMade" .)
      "monitoring.exporter.external" (and (include "yeoul.postgres.exporter.isMade" .) (eq .Values.postgres.provider "external")) -}}
{{- range .Files.Get "files/connections.yaml" | fromYamlArray -}}
{{- $holds := true -}}
{{- range splitList " " (default "" .when) | compact -}}
{{- $when := splitList "." . -}}
{{- $provided := eq (last $when) (get (get $.Values (first $when) | default dict) "provider") -}}
{{- if not (ternary (get $special .) $provided (hasKey $special .)) -}}
{{- $holds = false -}}
{{- end -}}
{{- end -}}
{{- if $holds -}}
{{- $found = append $found . -}}
{{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{/* What selects the pods of a component: root, component. Other operators label theirs as they like. */}}
{{- define "yeoul.network.pods" -}}
{{- if and (eq .component "kafka") (eq .root.Values.kafka.provider "strimzi") -}}
matchLabels: {strimzi.io/cluster: {{ include "yeoul.fullname" .root }}, strimzi.io/kind: Kafka}
{{- else if and (eq .component "postgres") (eq .root.Values.postgres.provider "cloudnative-pg") -}}
matchLabels: {cnpg.io/cluster: {{ include "yeoul.postgres" .root }}}
{{- else -}}
matchLabels: {{- include "yeoul.selector" . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* One end of a connection, as a list of peers: root, component. Nothing for anybody. */}}
{{- define "yeoul.network.peers" -}}
{{- $operator := .root.Values.operator -}}
{{- if has .component (list "spark" "drivers") -}}
{{- if and (eq .component "drivers") (not $operator.namespaces) -}}
- namespaceSelector: {}
{{- else -}}
{{- $spark := splitList "," (include "yeoul.spark.namespaces" .root) -}}
- namespaceSelector:
    matchExpressions:
      - key: kubernetes.io/metadata.name
        operator: In
        values: {{- eq .component "drivers" | ternary $operator.namespaces $spark | toYaml | nindent 10 }}
{{- end }}
  podSelector:
    matchExpressions:
      - {key: spark-role, operator: In, values: [driver, executor]}
{{- if eq .component "spark" }}
# The proof is no application of Spark's: manifests/jobs/verify.yaml.
- namespaceSelector:
    matchExpressions:
      - key: kubernetes.io/metadata.name
        operator: In
        values: {{- splitList "," (include "yeoul.spark.namespaces" .root) | toYaml | nindent 10 }}
  podSelector:
    matchLabels: {app.kubernetes.io/name: yeoul-stream, app.kubernetes.io/component: verify}
{{- end }}
{{- else if eq .component "clients" -}}
{{- toYaml .root.Values.networkPolicies.clientsFrom -}}
{{- else if eq .component "metrics" -}}
{{- $own := dict "podSelector" (include "yeoul.network.pods" (dict "root" .root "component" "prometheus") | fromYaml) -}}
{{- $readers := .root.Values.networkPolicies.metricsFrom -}}
{{- if eq .root.Values.monitoring.provider "builtin" -}}{{- $readers = append $readers $own -}}{{- end -}}
{{- toYaml $readers -}}
{{- else if not (has .component (list "anybody" "world")) -}}
- podSelector: {{- include "yeoul.network.pods" . | nindent 4 }}
{{- end -}}
{{- end -}}

{{/* A rule of a policy: root, connection, end (`from` or `to`). Nothing where nobody is meant. */}}
{{- define "yeoul.network.rule" -}}
{{- $other := get .connection .end -}}
{{- $peers := include "yeoul.network.peers" (dict "root" .root "component" $other) -}}
{{- if ne $peers "[]" -}}
{{- $rule := dict -}}
{{- with $peers -}}
{{- $_ := set $rule $.end (fromYamlArray .) -}}
{{- end -}}
{{- with .connection.ports -}}
{{- $ports := list -}}
{{- range . -}}
{{- $ports = append $ports (dict "port" . "protocol" "TCP") -}}
{{- end -}}
{{- $_ := set $rule "ports" $ports -}}
{{- end -}}
{{- list $rule | toYaml -}}
{{- end -}}
{{- end -}}

{{/* The components whose pods are the chart's to protect, split by commas. */}}
{{- define "yeoul.network.components" -}}
{{- $found := list -}}
{{- if .Values.operator.enabled -}}{{- $found = append $found "operator" -}}{{- end -}}
{{- if eq .Values.kafka.provider "builtin" -}}{{- $found = concat $found (list "kafka" "kafka-topics") -}}{{- end -}}
{{- if ne .Values.postgres.provider "external" -}}{{- $found = append $found "postgres" -}}{{- end -}}
{{- if include "yeoul.postgres.isMigrated" . -}}{{- $found = append $found "postgres-migration" -}}{{- end -}}
{{- if include "yeoul.postgres.isBackedUp" . -}}{{- $found = append $found "postgres-backup" -}}{{- end -}}
{{- if eq .Values.hdfs.provider "builtin" -}}{{- $found = concat $found (list "namenode" "datanode") -}}{{- end -}}
{{- if include "yeoul.hdfs.ha" . -}}{{- $found = append $found "journalnode" -}}{{- end -}}
{{- if include "yeoul.hdfs.zookeeper.own" . -}}{{- $found = append $found "zookeeper" -}}{{- end -}}
{{- if include "yeoul.ingest.isPolled" . -}}{{- $found = append $found "poller" -}}{{- end -}}
{{- if eq .Values.airflow.provider "builtin" -}}{{- $found = concat $found (list "airflow-migration" "airflow-scheduler" "airflow-server") -}}{{- end -}}
{{- if .Values.ingest.simulator.enabled -}}{{- $found = append $found "simulator" -}}{{- end -}}
{{- if include "yeoul.postgres.exporter.isMade" . -}}{{- $found = append $found "postgres-exporter" -}}{{- end -}}
{{- if eq .Values.monitoring.provider "builtin" -}}{{- $found = append $found "prometheus" -}}{{- end -}}
{{- if include "yeoul.alertmanager.isMade" . -}}{{- $found = append $found "alertmanager" -}}{{- end -}}
{{- if include "yeoul.grafana.isMade" . -}}{{- $found = append $found "grafana" -}}{{- end -}}
{{- if .Values.web.enabled -}}{{- $found = append $found "web" -}}{{- end -}}
{{- if include "yeoul.test.isMade" . -}}{{- $found = append $found "test" -}}{{- end -}}
{{- join "," $found -}}
{{- end -}}

{{/* Who may use Strimzi's listeners: its own policies take it from there. */}}
{{- define "yeoul.network.listeners" -}}
{{- if .Values.networkPolicies.enabled -}}
networkPolicyPeers:
{{- range include "yeoul.network.connections" . | fromYamlArray }}
{{- if and (eq .to "kafka") (ne .from "metrics") }}
{{- $peers := include "yeoul.network.peers" (dict "root" $ "component" .from) }}
{{- if ne $peers "[]" }}
{{- $peers | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}
