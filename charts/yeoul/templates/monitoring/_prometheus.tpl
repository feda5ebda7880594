{{/* Prometheus' own configuration. */}}
{{- define "yeoul.prometheus.config" -}}
{{- $prometheus := .Values.monitoring.builtin.prometheus -}}
global:
  scrape_interval: {{ $prometheus.interval }}
  evaluation_interval: {{ $prometheus.interval }}
{{- if .Values.monitoring.alerts.enabled }}
rule_files: [/etc/prometheus/rules-*.yaml]
{{- end }}
{{- if include "yeoul.alertmanager.isMade" . }}
alerting:
  alertmanagers:
    - static_configs:
        - targets: ["{{ include "yeoul.alertmanager" . }}:9093"]
{{- end }}
scrape_configs:
  - job_name: yeoul-prometheus
    static_configs:
      - targets: ["localhost:9090"]
  {{- range $number, $target := include "yeoul.monitoring.targets" . | fromYamlArray }}
  - job_name: yeoul-{{ $target.name }}{{ if $target.component }}-{{ $target.component }}{{ end }}
    metrics_path: {{ $target.path }}
    honor_labels: {{ $target.honor }}
    kubernetes_sd_configs:
      - role: pod
        namespaces:
          names: {{- toYaml $target.namespaces | nindent 12 }}
    relabel_configs:
      {{- range $label, $value := $target.labels }}
      - {source_labels: [__meta_kubernetes_pod_label_{{ regexReplaceAll "[^a-zA-Z0-9_]" $label "_" }}], regex: {{ $value | quote }}, action: keep}
      {{- end }}
      {{- with $target.exists }}
      - {source_labels: [__meta_kubernetes_pod_labelpresent_{{ regexReplaceAll "[^a-zA-Z0-9_]" . "_" }}], regex: "true", action: keep}
      {{- end }}
      - {source_labels: [__meta_kubernetes_pod_container_port_name], regex: {{ $target.port }}, action: keep}
      # A driver that has ended keeps its pod, and its address.
      - {source_labels: [__meta_kubernetes_pod_phase], regex: Running, action: keep}
      - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
      - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
      - {source_labels: [__meta_kubernetes_pod_node_name], target_label: node}
      # Alerts and dashboards know one job, whichever parts it has.
      - {target_label: job, replacement: yeoul-{{ $target.name }}}
    {{- with $target.drops }}
    metric_relabel_configs: {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- end }}
  {{- if include "yeoul.nodeExporter.isMade" . }}
  - job_name: yeoul-node
    kubernetes_sd_configs:
      - role: pod
        namespaces: {names: [{{ .Release.Namespace }}]}
    relabel_configs:
      - {source_labels: [__meta_kubernetes_pod_label_app_kubernetes_io_component], regex: node-exporter, action: keep}
      - {source_labels: [__meta_kubernetes_pod_label_app_kubernetes_io_instance], regex: {{ .Release.Name }}, action: keep}
      - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
      - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
      - {source_labels: [__meta_kubernetes_pod_node_name], target_label: node}
  {{- end }}
  {{- if $prometheus.kubelet }}
  - job_name: yeoul-kubelet
    scheme: https
    authorization: {credentials_file: /var/run/secrets/kubernetes.io/serviceaccount/token}
    # A kubelet's certificate is often its own.
    tls_config: {insecure_skip_verify: true}
    kubernetes_sd_configs:
      - role: node
    relabel_configs:
      - {source_labels: [__meta_kubernetes_node_name], target_label: node}
    metric_relabel_configs:
      - {source_labels: [__name__], regex: kubelet_volume_stats_(available|capacity)_bytes, action: keep}
      - {source_labels: [namespace], regex: {{ .Release.Namespace }}, action: keep}
  {{- end }}
{{- end -}}
