{{/* Where clients find Kafka. */}}
{{- define "yeoul.kafka.address" -}}
{{- if eq .Values.kafka.provider "external" -}}
{{- required "kafka.external.bootstrapServers: say where Kafka is, as host:port" .Values.kafka.external.bootstrapServers -}}
{{- else if and (eq .Values.kafka.provider "strimzi") (not .Values.kafka.strimzi.plainListener) -}}
{{- include "yeoul.kafka.bootstrap" . }}:9093
{{- else -}}
{{- include "yeoul.kafka.bootstrap" . }}:9092
{{- end -}}
{{- end -}}

{{/* The same for pods of every namespace. */}}
{{- define "yeoul.kafka.address.anywhere" -}}
{{- $address := include "yeoul.kafka.address" . -}}
{{- if eq .Values.kafka.provider "external" -}}
{{- $address -}}
{{- else -}}
{{- $name := include "yeoul.kafka.bootstrap" . -}}
{{- $address | replace $name (printf "%s.%s.svc" $name .Release.Namespace) -}}
{{- end -}}
{{- end -}}

{{/* A mapping as lines of a properties file. */}}
{{- define "yeoul.properties" -}}
{{- range $key, $value := . }}
{{ $key }}={{ include "yeoul.text" $value }}
{{- end }}
{{- end -}}

{{/* The topics, each with all its keys. */}}
{{- define "yeoul.kafka.topics.list" -}}
{{- range .Values.kafka.topics }}
- name: {{ .name }}
  partitions: {{ default 4 .partitions }}
  config: {{ default dict .config | toJson }}
{{- end }}
{{- end -}}

{{/* The pod that makes topics: also user, name (of the script's ConfigMap). */}}
{{- define "yeoul.kafka.topics.pod" -}}
metadata: {{- include "yeoul.pod.metadata" . | nindent 2 }}
spec:
  restartPolicy: OnFailure
  {{- include "yeoul.pod.fields" . | nindent 2 }}
  containers:
    - name: topics
      {{- include "yeoul.container.fields" . | nindent 6 }}
      command: [python3, /etc/yeoul/topics.py]
      env:
        - name: BOOTSTRAP
          value: {{ include "yeoul.kafka.address" .root }}
        {{- if include "yeoul.tls.kafka" .root }}
        - {name: AUTHORITY, value: /run/secrets/kafka-ca/ca.crt}
        {{- end }}
        - name: TOPICS
          value: {{ include "yeoul.kafka.topics.list" .root | fromYamlArray | toJson | quote }}
        {{- include "yeoul.container.env" . | nindent 8 }}
      volumeMounts:
        - {name: script, mountPath: /etc/yeoul, readOnly: true}
        {{- if include "yeoul.tls.kafka" .root }}
        - {name: kafka-ca, mountPath: /run/secrets/kafka-ca, readOnly: true}
        {{- end }}
  volumes:
    - name: script
      configMap: {name: {{ .name }}}
    {{- if include "yeoul.tls.kafka" .root }}
    - name: kafka-ca
      secret:
        secretName: {{ include "yeoul.kafka.poller" .root }}
        items:
          - {key: ca.crt, path: ca.crt}
    {{- end }}
{{- end -}}
