{{/*
Names and labels: nothing else makes one up.
*/}}

{{- define "yeoul.chart" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* What all names begin with. Short enough for the suffixes below, and for a StatefulSet's pods. */}}
{{- define "yeoul.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 30 | trimSuffix "-" -}}
{{- else if contains (include "yeoul.chart" .) .Release.Name -}}
{{- .Release.Name | trunc 30 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "yeoul.chart" .) | trunc 30 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "yeoul.operator" -}}{{ include "yeoul.fullname" . }}-operator{{- end -}}
{{- define "yeoul.operator.webhook" -}}{{ include "yeoul.operator" . }}-webhook{{- end -}}
{{- define "yeoul.operator.metrics" -}}{{ include "yeoul.operator" . }}-metrics{{- end -}}
{{- define "yeoul.operator.applications" -}}{{ include "yeoul.operator" . }}-applications{{- end -}}
{{- define "yeoul.operator.account" -}}
{{- default (include "yeoul.operator" .) .Values.operator.serviceAccount.name -}}
{{- end -}}

{{/* Kafka's names are Strimzi's, whoever runs it: a change of the provider changes no address. */}}
{{- define "yeoul.kafka" -}}{{ include "yeoul.fullname" . }}-kafka{{- end -}}
{{- define "yeoul.kafka.bootstrap" -}}{{ include "yeoul.kafka" . }}-bootstrap{{- end -}}
{{- define "yeoul.kafka.brokers" -}}{{ include "yeoul.kafka" . }}-brokers{{- end -}}
{{- define "yeoul.kafka.stream" -}}{{ include "yeoul.fullname" . }}-stream{{- end -}}
{{- define "yeoul.kafka.poller" -}}{{ include "yeoul.kafka" . }}-poller{{- end -}}
{{- define "yeoul.kafka.topics" -}}{{ include "yeoul.kafka" . }}-topics{{- end -}}

{{- define "yeoul.postgres" -}}{{ include "yeoul.fullname" . }}-postgres{{- end -}}
{{- define "yeoul.postgres.migration" -}}{{ include "yeoul.postgres" . }}-migration{{- end -}}
{{- define "yeoul.postgres.backup" -}}{{ include "yeoul.postgres" . }}-backup{{- end -}}
{{- define "yeoul.postgres.restore" -}}{{ include "yeoul.postgres" . }}-restore{{- end -}}
{{- define "yeoul.hdfs" -}}{{ include "yeoul.fullname" . }}-hdfs{{- end -}}
{{- define "yeoul.hdfs.namenode" -}}{{ include "yeoul.hdfs" . }}-namenode{{- end -}}
{{- define "yeoul.hdfs.datanode" -}}{{ include "yeoul.hdfs" . }}-datanode{{- end -}}
{{- define "yeoul.hdfs.journalnode" -}}{{ include "yeoul.hdfs" . }}-journalnode{{- end -}}
{{- define "yeoul.hdfs.zookeeper" -}}{{ include "yeoul.hdfs" . }}-zookeeper{{- end -}}
{{- define "yeoul.hdfs.client" -}}{{ include "yeoul.hdfs" . }}-client{{- end -}}
{{- define "yeoul.poller" -}}{{ include "yeoul.fullname" . }}-poller{{- end -}}
{{- define "yeoul.airflow" -}}{{ include "yeoul.fullname" . }}-airflow{{- end -}}
{{- define "yeoul.airflow.server" -}}{{ include "yeoul.airflow" . }}-server{{- end -}}
{{- define "yeoul.airflow.scheduler" -}}{{ include "yeoul.airflow" . }}-scheduler{{- end -}}
{{- define "yeoul.airflow.feedsMap" -}}{{ include "yeoul.airflow" . }}-feeds{{- end -}}
{{- define "yeoul.simulator" -}}{{ include "yeoul.fullname" . }}-simulator{{- end -}}
{{- define "yeoul.pipelines" -}}{{ include "yeoul.fullname" . }}-pipelines{{- end -}}
{{- define "yeoul.test" -}}{{ include "yeoul.fullname" . }}-test{{- end -}}
{{- define "yeoul.prometheus" -}}{{ include "yeoul.fullname" . }}-prometheus{{- end -}}
{{- define "yeoul.alertmanager" -}}{{ include "yeoul.fullname" . }}-alertmanager{{- end -}}
{{- define "yeoul.grafana" -}}{{ include "yeoul.fullname" . }}-grafana{{- end -}}
{{- define "yeoul.nodeExporter" -}}{{ include "yeoul.fullname" . }}-node-exporter{{- end -}}
{{- define "yeoul.postgres.exporter" -}}{{ include "yeoul.postgres" . }}-exporter{{- end -}}
{{- define "yeoul.web" -}}{{ include "yeoul.fullname" . }}-web{{- end -}}
{{- define "yeoul.ingest.api" -}}{{ include "yeoul.fullname" . }}-api-key{{- end -}}

{{/* The namespaces with applications, split by commas. */}}
{{- define "yeoul.spark.namespaces" -}}
{{- $served := default .Values.operator.namespaces .Values.spark.namespaces -}}
{{- join "," (default (list .Release.Namespace) $served) -}}
{{- end -}}

{{/* What selects the pods of a part: root, component. */}}
{{- define "yeoul.selector" -}}
app.kubernetes.io/name: {{ include "yeoul.chart" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The labels of an object: root, component. */}}
{{- define "yeoul.labels" -}}
{{- $own := include "yeoul.selector" . | fromYaml -}}
{{- $chart := dict
      "app.kubernetes.io/part-of" "yeoul"
      "app.kubernetes.io/version" .root.Chart.AppVersion
      "app.kubernetes.io/managed-by" .root.Release.Service
      "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_") -}}
{{- include "yeoul.over" (list .root.Values.labels $chart $own) -}}
{{- end -}}

{{/* The metadata of an object: root, component, name; namespace, annotations, labels (optional). */}}
{{- define "yeoul.metadata" -}}
name: {{ .name }}
{{- with .namespace }}
namespace: {{ . }}
{{- end }}
labels: {{- include "yeoul.over" (list (default dict .labels) (include "yeoul.labels" . | fromYaml)) | nindent 2 }}
{{- with include "yeoul.over" (list .root.Values.annotations (default dict .annotations)) | fromYaml }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A value as text. Helm reads numbers as floats, and would write 1048576 as 1.048576e+06. */}}
{{- define "yeoul.text" -}}
{{- kindIs "string" . | ternary . (toJson .) -}}
{{- end -}}

{{/*
Mappings in one, key by key: of a list of them the last one wins. Unlike `merge` it takes false and
0 for values.
*/}}
{{- define "yeoul.over" -}}
{{- $found := dict -}}
{{- range $mapping := . -}}
{{- range $key, $value := $mapping -}}
{{- $_ := set $found $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{/*
A password that is made up once, and kept from then on: root, name of the Secret, key. Where the
cluster cannot be asked (`helm template`, most GitOps), each rendering makes up another one.
*/}}
{{- define "yeoul.password" -}}
{{- $there := lookup "v1" "Secret" .root.Release.Namespace .name -}}
{{- $kept := get (default dict (get $there "data")) .key -}}
{{- default (randAlphaNum 32) (b64dec $kept) -}}
{{- end -}}
