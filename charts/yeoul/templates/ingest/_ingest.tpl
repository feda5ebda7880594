{{/* The Secret with the key of the API. */}}
{{- define "yeoul.ingest.secret" -}}
{{- default (include "yeoul.ingest.api" .) .Values.ingest.apiKey.existingSecret -}}
{{- end -}}

{{/* Whether the poller is a user of Strimzi's Kafka. */}}
{{- define "yeoul.ingest.isUser" -}}
{{- $kafka := .Values.kafka -}}
{{- if and (eq $kafka.provider "strimzi") (not $kafka.strimzi.plainListener) (not .Values.ingest.poller.kafkaOptionsSecret) -}}
true
{{- end -}}
{{- end -}}

{{/* The Secret with the certificate (ca.crt) by which the poller trusts Kafka; nothing where it needs none. */}}
{{- define "yeoul.ingest.kafkaAuthority" -}}
{{- if include "yeoul.ingest.isUser" . -}}
{{- include "yeoul.fullname" . }}-cluster-ca-cert
{{- else if and (include "yeoul.tls.kafka" .) (not .Values.ingest.poller.kafkaOptionsSecret) -}}
{{- include "yeoul.kafka.poller" . -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the poller's options for Kafka; nothing where it needs none. */}}
{{- define "yeoul.ingest.kafkaOptions" -}}
{{- if include "yeoul.ingest.kafkaAuthority" . -}}
{{- include "yeoul.kafka.poller" . -}}
{{- else -}}
{{- .Values.ingest.poller.kafkaOptionsSecret -}}
{{- end -}}
{{- end -}}

{{/* Address of the API. */}}
{{- define "yeoul.ingest.url" -}}
{{- if .Values.ingest.poller.url -}}
{{- .Values.ingest.poller.url -}}
{{- else if .Values.ingest.simulator.enabled -}}
http://{{ include "yeoul.simulator" . }}:8080/apig/apiman-gateway/tapi/v2xVehiclePositionInformation/1.0
{{- else -}}
{{- fail "ingest.poller.url: name the API, or have the simulator, or no poller" -}}
{{- end -}}
{{- end -}}

{{/* Settings as variables of a container: prefix, settings. */}}
{{- define "yeoul.ingest.env" -}}
{{- range $key, $value := .settings }}
- name: {{ $.prefix }}{{ snakecase $key | upper }}
  value: {{ include "yeoul.text" $value | quote }}
{{- end }}
{{- end -}}
