{{/* The Secret of the database's passwords, in the release's namespace. */}}
{{- define "yeoul.postgres.secret" -}}
{{- $own := get .Values.postgres .Values.postgres.provider | default dict -}}
{{- default (include "yeoul.postgres" .) (get $own "existingSecret") -}}
{{- end -}}

{{/* Where pipelines find the database. */}}
{{- define "yeoul.postgres.host" -}}
{{- if eq .Values.postgres.provider "external" -}}
{{- required "postgres.external.host: say where PostgreSQL is" .Values.postgres.external.host -}}
{{- else -}}
{{- $suffix := eq .Values.postgres.provider "cloudnative-pg" | ternary "-rw" "" -}}
{{- printf "%s%s.%s.svc" (include "yeoul.postgres" .) $suffix .Release.Namespace -}}
{{- end -}}
{{- end -}}

{{/* How clients trust it. CloudNativePG always has a certificate, by an authority of its own. */}}
{{- define "yeoul.postgres.sslmode" -}}
{{- $builtin := ternary "verify-full" "prefer" (eq (include "yeoul.tls.postgres" .) "true") -}}
{{- get (dict "external" .Values.postgres.external.sslmode "builtin" $builtin "cloudnative-pg" "require") .Values.postgres.provider -}}
{{- end -}}

{{/* The certificate of who signed for it; nothing where clients are told of none. */}}
{{- define "yeoul.postgres.ca" -}}
{{- if include "yeoul.tls.postgres" . -}}
{{- include "yeoul.tls.ca" . -}}
{{- else if eq .Values.postgres.provider "external" -}}
{{- .Values.postgres.external.ca -}}
{{- end -}}
{{- end -}}

{{/* The ConfigMap with that certificate, for the Jobs of the release. */}}
{{- define "yeoul.postgres.authority" -}}
{{- if include "yeoul.postgres.ca" . -}}{{ include "yeoul.postgres" . }}-authority{{- end -}}
{{- end -}}

{{/* Where the Job that migrates is of use: nothing for a server whose password nobody has told. */}}
{{- define "yeoul.postgres.isMigrated" -}}
{{- $external := .Values.postgres.external -}}
{{- $known := and $external.host (or $external.password $external.existingSecret) -}}
{{- if and .Values.postgres.migration.enabled (or (ne .Values.postgres.provider "external") $known) -}}
true
{{- end -}}
{{- end -}}

{{/* The Secret of who may create roles and databases; nothing where there is none. */}}
{{- define "yeoul.postgres.adminSecret" -}}
{{- if eq .Values.postgres.provider "builtin" -}}
{{- include "yeoul.postgres.secret" . -}}
{{- else if eq .Values.postgres.provider "external" -}}
{{- .Values.postgres.external.adminSecret -}}
{{- end -}}
{{- end -}}

{{/* The pod that migrates: also component, options, user. */}}
{{- define "yeoul.postgres.migration.pod" -}}
{{- $postgres := .root.Values.postgres -}}
{{- $external := eq $postgres.provider "external" -}}
{{- $admin := include "yeoul.postgres.adminSecret" .root -}}
metadata: {{- include "yeoul.pod.metadata" . | nindent 2 }}
spec:
  restartPolicy: OnFailure
  {{- include "yeoul.pod.fields" . | nindent 2 }}
  containers:
    - name: migration
      {{- include "yeoul.container.fields" . | nindent 6 }}
      # What it says at its end is the pod's message.
      terminationMessagePolicy: FallbackToLogsOnError
      command: [python3, -m, yeoul_stream.migrate]
      args:
        - --host={{ include "yeoul.postgres.host" .root }}
        - --port={{ $external | ternary $postgres.external.port 5432 }}
        - --database={{ $postgres.database.name }}
        - --owner={{ $postgres.database.owner }}
        - --owner-secret=/run/secrets/owner
        {{- if $admin }}
        - --admin-secret=/run/secrets/admin
        {{- end }}
        - --sslmode={{ include "yeoul.postgres.sslmode" .root }}
        {{- if include "yeoul.postgres.authority" .root }}
        - --sslrootcert=/run/authority/ca.crt
        {{- end }}
      {{- with include "yeoul.container.env" . }}
      env: {{- . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - {name: owner, mountPath: /run/secrets/owner, readOnly: true}
        {{- if include "yeoul.postgres.authority" .root }}
        - {name: authority, mountPath: /run/authority, readOnly: true}
        {{- end }}
        {{- if $admin }}
        - {name: admin, mountPath: /run/secrets/admin, readOnly: true}
        {{- end }}
  volumes:
    - name: owner
      secret:
        secretName: {{ include "yeoul.postgres.secret" .root }}
        items:
          - {key: password, path: password}
    {{- with include "yeoul.postgres.authority" .root }}
    - name: authority
      configMap: {name: {{ . }}}
    {{- end }}
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

{{/* Whether there are backups. */}}
{{- define "yeoul.postgres.isBackedUp" -}}
{{- if and (eq .Values.postgres.provider "builtin") .Values.postgres.builtin.backup.enabled -}}
true
{{- end -}}
{{- end -}}

{{/* The claim of the dumps. */}}
{{- define "yeoul.postgres.backup.claim" -}}
{{- default (include "yeoul.postgres.backup" .) .Values.postgres.builtin.backup.existingClaim -}}
{{- end -}}

{{/*
A part of the pods that dump and restore: the server's image and options, with resources of their
own. As YAML, to be merged with root.
*/}}
{{- define "yeoul.postgres.backup.part" -}}
{{- $server := .Values.postgres.builtin -}}
component: postgres-backup
name: {{ include "yeoul.postgres.backup" . }}
user: 999
options: {{- include "yeoul.over" (list $server (dict "resources" $server.backup.resources)) | nindent 2 }}
{{- end -}}

{{/* A pod that runs one of the scripts: also script, restart, env (a list). */}}
{{- define "yeoul.postgres.backup.pod" -}}
metadata: {{- include "yeoul.pod.metadata" . | nindent 2 }}
spec:
  restartPolicy: {{ .restart }}
  {{- include "yeoul.pod.fields" . | nindent 2 }}
  containers:
    - name: {{ .script }}
      {{- include "yeoul.container.fields" . | nindent 6 }}
      terminationMessagePolicy: FallbackToLogsOnError
      command: [bash, /etc/yeoul/{{ .script }}.sh]
      env:
        - {name: PGHOST, value: {{ include "yeoul.postgres.host" .root }}}
        # Others may own tables in that database.
        - {name: PGUSER, value: postgres}
        - {name: PGSSLMODE, value: {{ include "yeoul.postgres.sslmode" .root }}}
        {{- if include "yeoul.postgres.authority" .root }}
        - {name: PGSSLROOTCERT, value: /run/authority/ca.crt}
        {{- end }}
        - {name: PASSWORD_FILE, value: /run/secrets/postgres/password}
        - {name: BACKUPS, value: /var/lib/yeoul/backups}
        {{- toYaml .env | nindent 8 }}
        {{- include "yeoul.container.env" . | nindent 8 }}
      volumeMounts:
        - {name: backups, mountPath: /var/lib/yeoul/backups}
        - {name: scripts, mountPath: /etc/yeoul, readOnly: true}
        - {name: password, mountPath: /run/secrets/postgres, readOnly: true}
        {{- if include "yeoul.postgres.authority" .root }}
        - {name: authority, mountPath: /run/authority, readOnly: true}
        {{- end }}
        - {name: tmp, mountPath: /tmp}
  volumes:
    - name: backups
      persistentVolumeClaim: {claimName: {{ include "yeoul.postgres.backup.claim" .root }}}
    - name: scripts
      configMap: {name: {{ .name }}}
    - name: password
      secret:
        secretName: {{ include "yeoul.postgres.secret" .root }}
        items:
          - {key: postgres-password, path: password}
    {{- with include "yeoul.postgres.authority" .root }}
    - name: authority
      configMap: {name: {{ . }}}
    {{- end }}
    - name: tmp
      emptyDir: {}
{{- end -}}

{{/* The pod that dumps: root, restart. */}}
{{- define "yeoul.postgres.dump.pod" -}}
{{- $part := include "yeoul.postgres.backup.part" .root | fromYaml -}}
{{- $env := list
      (dict "name" "PGDATABASE" "value" .root.Values.postgres.database.name)
      (dict "name" "KEEP" "value" (include "yeoul.text" .root.Values.postgres.builtin.backup.keep)) -}}
{{- include "yeoul.postgres.backup.pod" (merge (dict "root" .root "script" "backup" "restart" .restart "env" $env) $part) -}}
{{- end -}}
