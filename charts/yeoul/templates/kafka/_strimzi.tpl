{{/*
Annotations of what holds data. Strimzi does not take up volumes of a cluster whose resources were
deleted, unless somebody mends its status: so they outlive the release.
*/}}
{{- define "yeoul.strimzi.keep" -}}
helm.sh/resource-policy: keep
{{- end -}}

{{- define "yeoul.resources" -}}
{{- with .resources -}}
resources: {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/*
The template of a pod that Strimzi makes: root, options, containers (names of their templates).
Strimzi itself decides about users and spread; the restricted standard is asked for here.
*/}}
{{- define "yeoul.strimzi.pod" -}}
{{- $pod := include "yeoul.pod.options" . | fromYaml -}}
{{- $affinity := $pod.affinity -}}
{{- with $pod.nodeSelector -}}
{{- /* Strimzi's pods know no nodeSelector: the same as an affinity, beside the one that is set. */ -}}
{{- $expressions := list -}}
{{- range $key, $value := . -}}
{{- $expressions = append $expressions (dict "key" $key "operator" "In" "values" (list $value)) -}}
{{- end -}}
{{- $path := "requiredDuringSchedulingIgnoredDuringExecution" -}}
{{- $node := get $affinity "nodeAffinity" | default dict -}}
{{- $terms := get (get $node $path | default dict) "nodeSelectorTerms" | default (list dict) -}}
{{- $both := list -}}
{{- range $terms -}}
{{- $both = append $both (include "yeoul.over" (list . (dict "matchExpressions" (concat (get . "matchExpressions" | default list) $expressions))) | fromYaml) -}}
{{- end -}}
{{- $required := dict $path (dict "nodeSelectorTerms" $both) -}}
{{- $affinity = include "yeoul.over" (list $affinity (dict "nodeAffinity" (include "yeoul.over" (list $node $required) | fromYaml))) | fromYaml -}}
{{- end -}}
pod:
  {{- if or $pod.podLabels $pod.podAnnotations }}
  metadata:
    labels: {{- toYaml $pod.podLabels | nindent 6 }}
    annotations: {{- toYaml $pod.podAnnotations | nindent 6 }}
  {{- end }}
  {{- $restricted := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") }}
  securityContext: {{- include "yeoul.over" (list $restricted $pod.podSecurityContext) | nindent 4 }}
  {{- with $pod.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- $selector := dict "labelSelector" (dict "matchLabels" (dict "strimzi.io/cluster" (include "yeoul.fullname" $.root))) }}
    {{- range . }}
    - {{- include "yeoul.over" (list $selector .) | nindent 6 }}
    {{- end }}
  {{- end }}
  {{- with $pod.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
{{- $secure := dict
      "allowPrivilegeEscalation" false
      "readOnlyRootFilesystem" true
      "capabilities" (dict "drop" (list "ALL")) }}
{{- range .containers }}
{{ . }}:
  securityContext: {{- include "yeoul.over" (list $secure $pod.securityContext) | nindent 4 }}
  {{- with $pod.extraEnv }}
  env: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* A KafkaNodePool: root, options, name, roles. */}}
{{- define "yeoul.strimzi.pool" -}}
{{- $strimzi := .root.Values.kafka.strimzi -}}
{{- $labels := merge (dict "strimzi.io/cluster" (include "yeoul.fullname" .root)) $strimzi.labels -}}
apiVersion: kafka.strimzi.io/v1
kind: KafkaNodePool
metadata:
  {{- $keep := include "yeoul.strimzi.keep" . | fromYaml }}
  {{- include "yeoul.metadata" (merge (dict "component" "kafka" "labels" $labels "annotations" $keep) .) | nindent 2 }}
spec:
  replicas: {{ .options.replicas }}
  roles: {{- toYaml .roles | nindent 4 }}
  storage:
    type: jbod
    volumes:
      - id: 0
        type: persistent-claim
        size: {{ .options.storage.size }}
        {{- with .options.storage.storageClassName }}
        class: {{ . }}
        {{- end }}
        {{- with .options.storage.selector }}
        selector: {{- toYaml . | nindent 10 }}
        {{- end }}
        kraftMetadata: shared
        deleteClaim: {{ $strimzi.deleteClaims }}
  {{- include "yeoul.resources" .options | nindent 2 }}
  {{- with .options.jvmOptions }}
  jvmOptions: {{- toYaml . | nindent 4 }}
  {{- end }}
  template:
    {{- with .options.storage.annotations }}
    persistentVolumeClaim:
      metadata:
        annotations: {{- toYaml . | nindent 10 }}
    {{- end }}
    {{- include "yeoul.strimzi.pod" (merge (dict "containers" (list "kafkaContainer")) .) | nindent 4 }}
{{- end -}}
