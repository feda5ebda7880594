{{/* The ConfigMap with the clients' configuration in the namespaces of Spark; nothing without one. */}}
{{- define "yeoul.hadoop.configMap" -}}
{{- $external := .Values.hdfs.external -}}
{{- if and (eq .Values.hdfs.provider "external") $external.configMap -}}
{{- $external.configMap -}}
{{- else if or (eq .Values.hdfs.provider "builtin") $external.coreSite -}}
{{- include "yeoul.hdfs.client" . -}}
{{- end -}}
{{- end -}}

{{/* Properties as Hadoop's XML: later mappings of the list win. */}}
{{- define "yeoul.hadoop.xml" -}}
<configuration>
{{- range $key, $value := include "yeoul.over" . | fromYaml }}
  <property><name>{{ html $key }}</name><value>{{ include "yeoul.text" $value | html }}</value></property>
{{- end }}
</configuration>
{{- end -}}

{{/* core-site.xml and hdfs-site.xml of HDFS that is there. */}}
{{- define "yeoul.hadoop.theirs" -}}
{{- $external := .Values.hdfs.external -}}
{{- $secure := dict -}}
{{- if $external.kerberos.principal -}}
{{- $secure = dict "hadoop.security.authentication" "kerberos" "hadoop.security.authorization" "true" -}}
{{- if not (get $external.hdfsSite "dfs.namenode.kerberos.principal") -}}
{{- fail "hdfs.external.hdfsSite: with Kerberos clients have to know dfs.namenode.kerberos.principal, such as nn/_HOST@EXAMPLE.COM" -}}
{{- end -}}
{{- end -}}
core-site.xml: | {{- include "yeoul.hadoop.xml" (list $secure $external.coreSite) | nindent 2 }}
hdfs-site.xml: | {{- include "yeoul.hadoop.xml" (list $external.hdfsSite) | nindent 2 }}
{{- if $external.kerberos.principal }}
# What pipelines write: none of Hadoop's files.
pipeline-runtime.yaml: | {{- include "yeoul.kerberos.runtime" . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What a pipeline has to say to be somebody in Kerberos. */}}
{{- define "yeoul.kerberos.runtime" -}}
{{- $kerberos := .Values.hdfs.external.kerberos -}}
{{- $missing := "with Kerberos (hdfs.external.kerberos.principal)" -}}
{{- $secret := required (printf "hdfs.external.kerberos.keytabSecret.name: name the Secret with the keytab, %s" $missing) $kerberos.keytabSecret.name -}}
{{- $krb5 := required (printf "hdfs.external.kerberos.krb5ConfigMap: name the ConfigMap with krb5.conf, %s" $missing) $kerberos.krb5ConfigMap -}}
runtime:
  sparkConf:
    spark.kerberos.principal: {{ $kerberos.principal }}
    spark.kerberos.keytab: local:///etc/yeoul/kerberos/{{ $kerberos.keytabSecret.key }}
    spark.kubernetes.driver.secrets.{{ $secret }}: /etc/yeoul/kerberos
    spark.kubernetes.kerberos.krb5.configMapName: {{ $krb5 }}
{{- end -}}

{{/* Whether there are two NameNodes; nothing if not. */}}
{{- define "yeoul.hdfs.ha" -}}
{{- if and (eq .Values.hdfs.provider "builtin") .Values.hdfs.builtin.ha.enabled -}}true{{- end -}}
{{- end -}}

{{/* Whether their ZooKeeper is the chart's; nothing if not. */}}
{{- define "yeoul.hdfs.zookeeper.own" -}}
{{- if and (include "yeoul.hdfs.ha" .) (not .Values.hdfs.builtin.ha.zookeeper.external) -}}true{{- end -}}
{{- end -}}

{{/* Names of a StatefulSet's pods, with a port, split by commas: root, name, replicas, port. */}}
{{- define "yeoul.hdfs.pods" -}}
{{- $found := list -}}
{{- range $ordinal := until (int .replicas) -}}
{{- $found = append $found (printf "%s-%d.%s.%s.svc:%v" $.name $ordinal $.name $.root.Release.Namespace $.port) -}}
{{- end -}}
{{- join "," $found -}}
{{- end -}}

{{- define "yeoul.hdfs.namenodes" -}}
{{- include "yeoul.hdfs.pods" (dict "root" .root "name" (include "yeoul.hdfs.namenode" .root) "replicas" 2 "port" .port) -}}
{{- end -}}

{{/*
JournalNodes, split by commas: root, port. Each has a Service: a NameNode does not become active as
long as one of their names is unknown, and a pod's is while it has no node.
*/}}
{{- define "yeoul.hdfs.journalnodes" -}}
{{- $found := list -}}
{{- range $ordinal := until 3 -}}
{{- $found = append $found (printf "%s-%d.%s.svc:%v" (include "yeoul.hdfs.journalnode" $.root) $ordinal $.root.Release.Namespace $.port) -}}
{{- end -}}
{{- join "," $found -}}
{{- end -}}

{{/* Where the NameNodes find ZooKeeper. */}}
{{- define "yeoul.hdfs.zookeeper.address" -}}
{{- $zookeeper := .Values.hdfs.builtin.ha.zookeeper -}}
{{- $own := include "yeoul.hdfs.pods" (dict "root" . "name" (include "yeoul.hdfs.zookeeper" .) "replicas" $zookeeper.replicas "port" 2181) -}}
{{- default $own $zookeeper.external -}}
{{- end -}}

{{/* The address of HDFS by this chart. */}}
{{- define "yeoul.hdfs.address" -}}
{{- if include "yeoul.hdfs.ha" . -}}
hdfs://{{ include "yeoul.hdfs" . }}
{{- else -}}
hdfs://{{ include "yeoul.hdfs.namenode" . }}.{{ .Release.Namespace }}.svc:8020
{{- end -}}
{{- end -}}

{{/* The properties of two NameNodes. */}}
{{- define "yeoul.hdfs.pair" -}}
{{- $service := include "yeoul.hdfs" . -}}
dfs.nameservices: {{ $service }}
dfs.ha.namenodes.{{ $service }}: nn0,nn1
{{- range $ordinal, $address := splitList "," (include "yeoul.hdfs.namenodes" (dict "root" . "port" 8020)) }}
dfs.namenode.rpc-address.{{ $service }}.nn{{ $ordinal }}: {{ $address }}
{{- end }}
{{- range $ordinal, $address := splitList "," (include "yeoul.hdfs.namenodes" (dict "root" . "port" 9870)) }}
dfs.namenode.http-address.{{ $service }}.nn{{ $ordinal }}: {{ $address }}
{{- end }}
dfs.namenode.shared.edits.dir: qjournal://{{ include "yeoul.hdfs.journalnodes" (dict "root" . "port" 8485) | replace "," ";" }}/{{ $service }}
dfs.client.failover.proxy.provider.{{ $service }}: org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider
dfs.ha.automatic-failover.enabled: "true"
# JournalNodes take edits of the newest active NameNode only.
dfs.ha.fencing.methods: shell(/bin/true)
{{- end -}}

{{/* core-site.xml and hdfs-site.xml of HDFS by this chart, for nodes and clients. */}}
{{- define "yeoul.hdfs.files" -}}
{{- $hdfs := .Values.hdfs.builtin -}}
{{- $core := dict "fs.defaultFS" (include "yeoul.hdfs.address" .) -}}
{{- $pair := dict -}}
{{- if include "yeoul.hdfs.ha" . -}}
{{- $_ := set $core "ha.zookeeper.quorum" (include "yeoul.hdfs.zookeeper.address" .) -}}
{{- $_ := set $core "ha.zookeeper.parent-znode" (printf "/hadoop-ha/%s" .Release.Namespace) -}}
{{- $pair = include "yeoul.hdfs.pair" . | fromYaml -}}
{{- end -}}
{{- /* By default a batch waits a minute for a DataNode that is gone, and eight to write to it. */ -}}
{{- $site := dict
      "dfs.client.socket-timeout" 20000
      "dfs.datanode.socket.write.timeout" 60000
      "dfs.replication" $hdfs.replication
      "dfs.permissions.enabled" "false"
      "dfs.client.use.datanode.hostname" "true"
      "dfs.datanode.use.datanode.hostname" "true"
      "dfs.namenode.datanode.registration.ip-hostname-check" "false"
      "dfs.namenode.safemode.min.datanodes" 1
      "dfs.namenode.safemode.extension" 0
      "dfs.blockreport.initialDelay" 0
      "hadoop.prometheus.endpoint.enabled" "true" -}}
core-site.xml: | {{- include "yeoul.hadoop.xml" (list $core) | nindent 2 }}
hdfs-site.xml: | {{- include "yeoul.hadoop.xml" (list $site $pair $hdfs.properties) | nindent 2 }}
{{- end -}}

{{/*
The variables and the rest that a node has: part, domain (its headless Service), javaOptions (the
variable of Java's); pair (optional: whether it is one of two NameNodes).
*/}}
{{- define "yeoul.hdfs.env" -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
# The name by which others reach this pod: its address changes.
- name: HDFS_DOMAIN
  value: {{ .domain }}.{{ .root.Release.Namespace }}.svc
{{- if .pair }}
- name: HDFS_NAMENODES
  value: {{ include "yeoul.hdfs.namenodes" (dict "root" .root "port" 9870) | replace "," " " }}
- name: HDFS_JOURNALNODES
  value: {{ include "yeoul.hdfs.journalnodes" (dict "root" .root "port" 8480) | replace "," " " }}
{{- end }}
- name: {{ .javaOptions }}
  value: -Xms{{ .options.heap }} -Xmx{{ .options.heap }}
{{ include "yeoul.container.env" . }}
{{- end -}}
