{{- define "yeoul.tls" -}}{{ include "yeoul.fullname" . }}-tls{{- end -}}

{{/* Whether Kafka speaks TLS by the chart's own certificate. */}}
{{- define "yeoul.tls.kafka" -}}
{{- if and .Values.tls.enabled (eq .Values.kafka.provider "builtin") -}}true{{- end -}}
{{- end -}}

{{/* Whether PostgreSQL speaks TLS by the chart's own certificate. */}}
{{- define "yeoul.tls.postgres" -}}
{{- if and .Values.tls.enabled (eq .Values.postgres.provider "builtin") -}}true{{- end -}}
{{- end -}}

{{/* The Secret with `tls.crt` and `tls.key`. */}}
{{- define "yeoul.tls.secret" -}}
{{- default (include "yeoul.tls" .) .Values.tls.existingSecret -}}
{{- end -}}

{{/* The names that the certificate is for, as a list. */}}
{{- define "yeoul.tls.names" -}}
{{- $namespace := .Release.Namespace -}}
- localhost
{{- range list (include "yeoul.kafka.bootstrap" .) (include "yeoul.postgres" .) }}
- {{ . }}
- {{ . }}.{{ $namespace }}
- {{ . }}.{{ $namespace }}.svc
- {{ . }}.{{ $namespace }}.svc.cluster.local
{{- end }}
- "*.{{ include "yeoul.kafka.brokers" . }}.{{ $namespace }}.svc"
- "*.{{ include "yeoul.kafka.brokers" . }}.{{ $namespace }}.svc.cluster.local"
{{- end -}}

{{/*
Authority, certificate and key, made up once and kept: ca.crt, tls.crt, tls.key. All templates of a
rendering see the same, since they share the values.
*/}}
{{- define "yeoul.tls.made" -}}
{{- if not (hasKey .Values.tls "made") -}}
{{- $there := lookup "v1" "Secret" .Release.Namespace (include "yeoul.tls" .) -}}
{{- $kept := get (default dict $there) "data" -}}
{{- $made := dict -}}
{{- if and $kept (get $kept "tls.key") -}}
{{- range $key := list "ca.crt" "tls.crt" "tls.key" -}}
{{- $_ := set $made $key (b64dec (get $kept $key)) -}}
{{- end -}}
{{- else -}}
{{- $authority := genCA (printf "%s authority" (include "yeoul.fullname" .)) 3650 -}}
{{- $names := include "yeoul.tls.names" . | fromYamlArray -}}
{{- $own := genSignedCert (include "yeoul.fullname" .) (list "127.0.0.1") $names 3650 $authority -}}
{{- $made = dict "ca.crt" $authority.Cert "tls.crt" $own.Cert "tls.key" $own.Key -}}
{{- end -}}
{{- $_ := set .Values.tls "made" $made -}}
{{- end -}}
{{- toYaml .Values.tls.made -}}
{{- end -}}

{{/* The certificate of who signed. */}}
{{- define "yeoul.tls.ca" -}}
{{- if .Values.tls.existingSecret -}}
{{- required "tls.ca: give the certificate of who signed tls.existingSecret" .Values.tls.ca -}}
{{- else -}}
{{- get (include "yeoul.tls.made" . | fromYaml) "ca.crt" -}}
{{- end -}}
{{- end -}}

{{/* An annotation of pods that makes them start anew with another authority. */}}
{{- define "yeoul.tls.checksum" -}}
{{- include "yeoul.tls.ca" . | sha256sum -}}
{{- end -}}
