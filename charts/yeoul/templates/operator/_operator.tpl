{{/* Whether there is a webhook: its configuration belongs to the whole cluster. */}}
{{- define "yeoul.operator.hasWebhook" -}}
{{- if and .Values.operator.webhook.enabled (not .Values.operator.namespaces) -}}true{{- end -}}
{{- end -}}

{{/* A binding of the operator's account: root, kind and name of the role. */}}
{{- define "yeoul.operator.binding" -}}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "yeoul.operator.account" .root }}
    namespace: {{ .root.Release.Namespace }}
{{- end -}}

{{/* What the operator may do where it serves applications. */}}
{{- define "yeoul.operator.rules" -}}
- apiGroups: [sparkoperator.k8s.io]
  resources: [sparkapplications]
  # Schedules create applications; what has outlived its time, or its schedule, is deleted.
  # Pipelines apply theirs.
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [yeoul.dev]
  resources: [streampipelines]
  # Finalizers: what is to be erased is held until it is.
  verbs: [get, list, watch, patch]
- apiGroups: [yeoul.dev]
  resources: [streampipelines/status]
  verbs: [patch]
- apiGroups: [sparkoperator.k8s.io]
  resources: [scheduledsparkapplications]
  verbs: [get, list, watch]
- apiGroups: [sparkoperator.k8s.io]
  resources: [sparkapplications/status, scheduledsparkapplications/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, create, delete]
# Those of pipelines' revisions are watched, and made again where somebody deletes them.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch, create, delete]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
# Only with batchScheduler: volcano.
- apiGroups: [scheduling.volcano.sh]
  resources: [podgroups]
  verbs: [get, create, patch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [list, create, patch]
{{- end -}}

{{/* The settings of the operator: those of the chart, which a user's win over. */}}
{{- define "yeoul.operator.settings" -}}
{{- $settings := dict
      "leaseName" (include "yeoul.operator" .)
      "webhook" (eq (include "yeoul.operator.hasWebhook" .) "true")
      "webhookService" (include "yeoul.operator.webhook" .)
      "webhookSecret" (include "yeoul.operator.webhook" .)
      "webhookConfiguration" (include "yeoul.operator" .)
      "streamImage" (include "yeoul.image" (dict "root" . "image" .Values.spark.image))
      "streamServiceAccount" (default "default" .Values.spark.serviceAccount)
      "streamHadoopConfigMap" (include "yeoul.hadoop.configMap" .) -}}
{{- with .Values.operator.namespaces -}}
{{- $_ := set $settings "namespaces" (join "," .) -}}
{{- end -}}
{{- include "yeoul.over" (list $settings .Values.operator.settings) -}}
{{- end -}}
