{{/* Whether the poller's own process feeds Kafka. */}}
{{- define "yeoul.ingest.isPolled" -}}
{{- if and .Values.ingest.poller.enabled (eq .Values.airflow.provider "none") -}}
true
{{- end -}}
{{- end -}}

{{/* Whether something of this release feeds Kafka, and so wants the API's key. */}}
{{- define "yeoul.ingest.isFed" -}}
{{- if or .Values.ingest.poller.enabled (ne .Values.airflow.provider "none") -}}
true
{{- end -}}
{{- end -}}

{{/* The Secret with its passwords. */}}
{{- define "yeoul.airflow.secret" -}}
{{- default (include "yeoul.airflow" .) .Values.airflow.builtin.existingSecret -}}
{{- end -}}

{{/* The API's address as Connection and feed share it: scheme and host; path. As YAML. */}}
{{- define "yeoul.airflow.api" -}}
{{- $url := urlParse (include "yeoul.ingest.url" .) -}}
host: {{ printf "%s://%s" $url.scheme $url.host }}
path: {{ default "/" $url.path }}
{{- end -}}

{{/* The document of feeds. */}}
{{- define "yeoul.airflow.feeds" -}}
{{- $api := include "yeoul.airflow.api" . | fromYaml -}}
{{- $first := dict
      "name" "car_info" "connection" "car_info_api" "path" $api.path "topic" .Values.ingest.poller.topic
      "keyField" "trmnId" "orderField" "trsmUtcTime" -}}
{{- dict "feeds" (default (list $first) .Values.airflow.feeds) | toYaml -}}
{{- end -}}

{{/* What the DAG of the lake's upkeep takes for granted, as variables. */}}
{{- define "yeoul.airflow.compact" -}}
YEOUL_COMPACT_NAMESPACE: {{ first (splitList "," (include "yeoul.spark.namespaces" .)) }}
YEOUL_COMPACT_INSTALLATION: {{ get .Values.operator.settings "installation" | default "default" }}
YEOUL_COMPACT_IMAGE: {{ include "yeoul.image" (dict "root" . "image" .Values.spark.image) }}
YEOUL_COMPACT_SERVICE_ACCOUNT: {{ default "spark" .Values.spark.serviceAccount }}
YEOUL_COMPACT_HADOOP_CONFIG_MAP: {{ include "yeoul.hadoop.configMap" . | quote }}
{{- end -}}

{{/* A setting's variable: `core.parallelism` is AIRFLOW__CORE__PARALLELISM. */}}
{{- define "yeoul.airflow.variable" -}}
{{- $parts := splitn "." 2 . -}}
AIRFLOW__{{ upper $parts._0 }}__{{ upper (required (printf "airflow.builtin.settings: %s: name section and setting, as core.parallelism" .) $parts._1) }}
{{- end -}}

{{/* The variables of all of Airflow's containers, as a mapping. */}}
{{- define "yeoul.airflow.variables" -}}
{{- $api := include "yeoul.airflow.api" . | fromYaml -}}
{{- $server := printf "http://%s:8080" (include "yeoul.airflow.server" .) -}}
{{- $options := include "yeoul.ingest.kafkaOptions" . -}}
{{- $kafka := dict "bootstrap" (include "yeoul.kafka.address" .) -}}
{{- if $options -}}
{{- $_ := set $kafka "options_file" "/run/secrets/kafka/options" -}}
{{- end -}}
{{- $connections := dict "kafkas" (dict "yeoul_kafka" $kafka) -}}
{{- if not .Values.airflow.feeds -}}
{{- $key := printf "/run/secrets/api/%s" .Values.ingest.apiKey.key -}}
{{- $_ := set $connections "apis" (dict "car_info_api" (dict "host" $api.host "key_file" $key)) -}}
{{- end -}}
{{- if .Values.airflow.builtin.connectionsSecret -}}
{{- $_ := set $connections "files" (list "/run/secrets/connections/connections.json") -}}
{{- end -}}
{{- $ours := dict
      "YEOUL_FEEDS" "/etc/yeoul/feeds/feeds.yaml"
      "AIRFLOW__CORE__EXECUTOR" "LocalExecutor"
      "AIRFLOW__CORE__PARALLELISM" "8"
      "AIRFLOW__CORE__EXECUTION_API_SERVER_URL" (printf "%s/execution/" $server)
      "AIRFLOW__CORE__FERNET_KEY_CMD" "cat /run/secrets/airflow/fernet-key"
      "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE" "/var/lib/airflow/users.json"
      "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD" "cat /run/secrets/airflow/connection"
      "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE" "3"
      "AIRFLOW__API__SECRET_KEY_CMD" "cat /run/secrets/airflow/secret-key"
      "AIRFLOW__API__WORKERS" "1"
      "AIRFLOW__API_AUTH__JWT_SECRET_CMD" "cat /run/secrets/airflow/jwt-secret"
      "AIRFLOW__SECRETS__BACKEND" "yeoul_airflow.mounted.MountedConnections"
      "AIRFLOW__SECRETS__BACKEND_KWARGS" (toJson $connections)
      "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL" "60"
      "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK" "True"
      "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT" "30"
      "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL" "5"
      "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL" "30"
      "AIRFLOW__METRICS__STATSD_ON" "True"
      "AIRFLOW__METRICS__STATSD_HOST" "127.0.0.1"
      "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED" "True"
      "AIRFLOW__METRICS__LEGACY_NAMES_ON" "False"
      "PGSSLMODE" (include "yeoul.postgres.sslmode" .) -}}
{{- if include "yeoul.postgres.authority" . -}}
{{- $_ := set $ours "PGSSLROOTCERT" "/run/authority/ca.crt" -}}
{{- end -}}
{{- $ours = merge $ours (include "yeoul.airflow.compact" . | fromYaml) -}}
{{- range $name, $value := .Values.airflow.builtin.settings -}}
{{- $_ := set $ours (include "yeoul.airflow.variable" $name) (include "yeoul.text" $value) -}}
{{- end -}}
{{- toYaml $ours -}}
{{- end -}}

{{/* The same as a container's list; also root, options. */}}
{{- define "yeoul.airflow.env" -}}
{{- range $name, $value := include "yeoul.airflow.variables" .root | fromYaml }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- with include "yeoul.container.env" . }}
{{ . }}
{{- end }}
{{- end -}}

{{/* Waits until the tables are those of this version: root, options. */}}
{{- define "yeoul.airflow.wait" -}}
- name: tables
  {{- include "yeoul.container.fields" . | nindent 2 }}
  args: [db, check-migrations, --migration-wait-timeout=900]
  env: {{- include "yeoul.airflow.env" . | nindent 4 }}
  volumeMounts: {{- include "yeoul.airflow.mounts" .root | nindent 4 }}
{{- end -}}

{{/* What all of Airflow's containers see. */}}
{{- define "yeoul.airflow.mounts" -}}
- {name: home, mountPath: /var/lib/airflow}
- {name: tmp, mountPath: /tmp}
- {name: feeds, mountPath: /etc/yeoul/feeds, readOnly: true}
- {name: passwords, mountPath: /run/secrets/airflow, readOnly: true}
{{- if not .Values.airflow.feeds }}
- {name: api-key, mountPath: /run/secrets/api, readOnly: true}
{{- end }}
{{- if .Values.airflow.builtin.connectionsSecret }}
- {name: connections, mountPath: /run/secrets/connections, readOnly: true}
{{- end }}
{{- if include "yeoul.ingest.kafkaOptions" . }}
- {name: kafka-options, mountPath: /run/secrets/kafka, readOnly: true}
{{- end }}
{{- if include "yeoul.ingest.kafkaAuthority" . }}
- {name: kafka-ca, mountPath: /run/secrets/kafka-ca, readOnly: true}
{{- end }}
{{- if include "yeoul.postgres.authority" . }}
- {name: authority, mountPath: /run/authority, readOnly: true}
{{- end }}
{{- end -}}

{{- define "yeoul.airflow.volumes" -}}
- name: home
  emptyDir: {}
- name: tmp
  emptyDir: {}
- name: feeds
  configMap: {name: {{ include "yeoul.airflow.feedsMap" . }}}
- name: passwords
  secret: {secretName: {{ include "yeoul.airflow.secret" . }}}
{{- if not .Values.airflow.feeds }}
- name: api-key
  secret: {secretName: {{ include "yeoul.ingest.secret" . }}}
{{- end }}
{{- with .Values.airflow.builtin.connectionsSecret }}
- name: connections
  secret: {secretName: {{ . }}}
{{- end }}
{{- with include "yeoul.ingest.kafkaOptions" . }}
- name: kafka-options
  secret: {secretName: {{ . }}}
{{- end }}
{{- with include "yeoul.ingest.kafkaAuthority" . }}
- name: kafka-ca
  secret:
    secretName: {{ . }}
    items:
      - {key: ca.crt, path: ca.crt}
{{- end }}
{{- with include "yeoul.postgres.authority" . }}
- name: authority
  configMap: {name: {{ . }}}
{{- end }}
{{- end -}}

{{/* The pod that migrates: root, component, options, user. */}}
{{- define "yeoul.airflow.migration.pod" -}}
{{- $external := eq .root.Values.postgres.provider "external" -}}
{{- $admin := ternary "" (include "yeoul.postgres.adminSecret" .root) (ne .root.Values.airflow.builtin.existingSecret "") -}}
metadata: {{- include "yeoul.pod.metadata" . | nindent 2 }}
spec:
  restartPolicy: OnFailure
  {{- include "yeoul.pod.fields" . | nindent 2 }}
  containers:
    - name: migration
      {{- include "yeoul.container.fields" . | nindent 6 }}
      terminationMessagePolicy: FallbackToLogsOnError
      command: [/usr/bin/tini, --, python3, -m, yeoul_airflow.migrate]
      args:
        - --connection-file=/run/secrets/airflow/connection
        {{- if $admin }}
        - --admin-secret=/run/secrets/admin
        {{- end }}
      env: {{- include "yeoul.airflow.env" . | nindent 8 }}
      volumeMounts:
        {{- include "yeoul.airflow.mounts" .root | nindent 8 }}
        {{- if $admin }}
        - {name: admin, mountPath: /run/secrets/admin, readOnly: true}
        {{- end }}
  volumes:
    {{- include "yeoul.airflow.volumes" .root | nindent 4 }}
    {{- if $admin }}
    - name: admin
      secret:
        secretName: {{ $admin }}
        {{- if not $external }}
        items:
          - {key: postgres-password, path: password}
        {{- end }}
    {{- end }}
{{- end -}}
