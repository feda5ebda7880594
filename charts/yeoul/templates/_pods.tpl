{{/*
What every pod has. All take root and options, which are the part's own values.
*/}}

{{/* The options of a pod: the part's own, else those of `pods`. */}}
{{- define "yeoul.pod.options" -}}
{{- $all := .root.Values.pods -}}
{{- $own := .options -}}
{{- $found := dict "extraEnv" (concat $all.extraEnv $own.extraEnv) -}}
{{- range $key := list "podLabels" "podAnnotations" "nodeSelector" "podSecurityContext" "securityContext" -}}
{{- $_ := set $found $key (include "yeoul.over" (list (get $all $key) (get $own $key)) | fromYaml) -}}
{{- end -}}
{{- range $key := list "imagePullSecrets" "affinity" "tolerations" "topologySpreadConstraints" "priorityClassName" -}}
{{- $_ := set $found $key (default (get $all $key) (get $own $key)) -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{/* The metadata of a pod template: also component; annotations (optional). */}}
{{- define "yeoul.pod.metadata" -}}
{{- $pod := include "yeoul.pod.options" . | fromYaml -}}
labels: {{- include "yeoul.over" (list $pod.podLabels (include "yeoul.labels" . | fromYaml)) | nindent 2 }}
{{- with include "yeoul.over" (list (default dict .annotations) $pod.podAnnotations) | fromYaml }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Where a pod runs: also component, and apart (optional: not beside its like, where that is possible). */}}
{{- define "yeoul.pod.placement" -}}
{{- $pod := include "yeoul.pod.options" . | fromYaml -}}
{{- $selector := dict "matchLabels" (include "yeoul.selector" . | fromYaml) -}}
{{- $anywhere := dict "topologyKey" "kubernetes.io/hostname" "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway" -}}
topologySpreadConstraints:
{{- range default (list $anywhere) $pod.topologySpreadConstraints }}
  - {{- include "yeoul.over" (list (dict "labelSelector" $selector) .) | nindent 4 }}
{{- end }}
{{- with $pod.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- $away := dict "weight" 100 "podAffinityTerm" (dict "topologyKey" "kubernetes.io/hostname" "labelSelector" $selector) -}}
{{- $apart := dict "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" (list $away)) -}}
{{- with default (ternary $apart dict (default false .apart)) $pod.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pod.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/*
The fields of a pod but its containers and volumes: also component, user (of the image), and token
(optional: whether the pod speaks with the API server).
*/}}
{{- define "yeoul.pod.fields" -}}
{{- $pod := include "yeoul.pod.options" . | fromYaml -}}
{{- $restricted := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- if .root.Values.pods.fixedUsers -}}
{{- $restricted = merge $restricted (dict "runAsUser" .user "runAsGroup" .user "fsGroup" .user) -}}
{{- end -}}
# Variables for each Service of the namespace could be taken for settings.
enableServiceLinks: false
{{- if not .token }}
# It does not speak with the API server.
automountServiceAccountToken: false
{{- end }}
{{- with $pod.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext: {{- include "yeoul.over" (list $restricted $pod.podSecurityContext) | nindent 2 }}
{{- include "yeoul.pod.placement" . | nindent 0 }}
{{- end -}}

{{/* The name of an image: root, image. */}}
{{- define "yeoul.image" -}}
{{- $all := .root.Values.images -}}
{{- printf "%s/%s" (default $all.registry .image.registry) .image.repository -}}
{{- if .image.digest -}}
{{- printf "@%s" .image.digest -}}
{{- else -}}
{{- printf ":%s" (coalesce .image.tag $all.tag .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* What a container of a part shares with all others, but its variables. */}}
{{- define "yeoul.container.fields" -}}
{{- $pod := include "yeoul.pod.options" . | fromYaml -}}
{{- $restricted := dict
      "allowPrivilegeEscalation" false
      "readOnlyRootFilesystem" true
      "capabilities" (dict "drop" (list "ALL")) -}}
image: {{ include "yeoul.image" (dict "root" .root "image" .options.image) | quote }}
imagePullPolicy: {{ default .root.Values.images.pullPolicy .options.image.pullPolicy }}
{{- with .options.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext: {{- include "yeoul.over" (list $restricted $pod.securityContext) | nindent 2 }}
{{- end -}}

{{/* The variables that a user adds, as items of a list; nothing where there are none. */}}
{{- define "yeoul.container.env" -}}
{{- with (include "yeoul.pod.options" . | fromYaml).extraEnv }}
{{- toYaml . }}
{{- end }}
{{- end -}}

{{/*
Our own code in a volume, for developers: what first copies it there, the variable by which Python
finds it, and the volume. Nothing otherwise.
*/}}
{{- define "yeoul.code.init" -}}
{{- if .root.Values.pods.syncedCode -}}
initContainers:
  - name: code
    {{- include "yeoul.container.fields" . | nindent 4 }}
    # With their times, or what is compiled would be of no use.
    command: [sh, -c, "cp -r --preserve=timestamps /usr/local/lib/python3.11/dist-packages/yeoul_* /var/lib/yeoul/code"]
    env:
      {{- include "yeoul.container.env" . | nindent 6 }}
    volumeMounts:
      {{- include "yeoul.code.mount" . | nindent 6 }}
{{- end -}}
{{- end -}}

{{- define "yeoul.code.env" -}}
{{- if .root.Values.pods.syncedCode -}}
- {name: PYTHONPATH, value: /var/lib/yeoul/code}
{{- end -}}
{{- end -}}

{{- define "yeoul.code.mount" -}}
{{- if .root.Values.pods.syncedCode -}}
- {name: code, mountPath: /var/lib/yeoul/code}
{{- end -}}
{{- end -}}

{{- define "yeoul.code.volume" -}}
{{- if .root.Values.pods.syncedCode -}}
- name: code
  emptyDir: {}
{{- end -}}
{{- end -}}

{{/* camelCase settings as variables: settings, prefix. */}}
{{- define "yeoul.variables" -}}
{{- range $key, $value := .settings }}
{{- printf "%s%s: %s\n" $.prefix (snakecase $key | upper) (include "yeoul.text" $value | quote) }}
{{- end }}
{{- end -}}

{{/* A claim of a StatefulSet: root, component, name, storage. */}}
{{- define "yeoul.claim" -}}
metadata:
  name: {{ .name }}
  labels: {{- include "yeoul.selector" . | nindent 4 }}
  {{- with .storage.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  accessModes: [ReadWriteOnce]
  {{- with .storage.storageClassName }}
  storageClassName: {{ . }}
  {{- end }}
  {{- with .storage.selector }}
  selector: {{- toYaml . | nindent 4 }}
  {{- end }}
  resources:
    requests:
      storage: {{ .storage.size }}
{{- end -}}

{{/* A PodDisruptionBudget where there is more than one pod: root, component, name, options, replicas. */}}
{{- define "yeoul.budget" -}}
{{- if and .options.podDisruptionBudget.enabled (gt (int .replicas) 1) -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{- include "yeoul.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ .options.podDisruptionBudget.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "yeoul.selector" . | nindent 6 }}
{{- end -}}
{{- end -}}
