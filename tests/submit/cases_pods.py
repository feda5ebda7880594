"""Applications that say where and how pods run, what they need, and whose word counts."""

from __future__ import annotations

from submit.application import LONG, SIDECAR, Json, application, python_application

_EXPORTER = {"jmxExporterJar": "/prometheus/jmx_prometheus_javaagent.jar"}


def _affinity(key: str) -> Json:
    term = {"matchExpressions": [{"key": key, "operator": "In", "values": ["a", "b"]}]}
    required = {"nodeSelectorTerms": [term]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


CASES: tuple[Json, ...] = (
    # containers beside, life cycle, security
    application(
        "sidecars",
        driver={
            "sidecars": [SIDECAR],
            "initContainers": [{"name": "fetch", "image": "registry.example/fetch:1"}],
            "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", "sync"]}}},
            "terminationGracePeriodSeconds": 90,
            "shareProcessNamespace": True,
        },
        executor={
            "sidecars": [SIDECAR],
            "initContainers": [{"name": "fetch", "image": "registry.example/fetch:1"}],
            "lifecycle": {"preStop": {"exec": {"command": ["/opt/stop.sh"]}}},
            "terminationGracePeriodSeconds": 15,
            "deleteOnTermination": False,
        },
    ),
    application(
        "security",
        driver={
            "securityContext": {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}},
            "podSecurityContext": {"runAsUser": 185, "fsGroup": 185},
            "serviceAccount": "spark",
        },
        executor={
            "securityContext": {"readOnlyRootFilesystem": True},
            "podSecurityContext": {"runAsUser": 185},
            "serviceAccount": "spark-executor",
        },
        imagePullSecrets=["one", "two"],
        imagePullPolicy="Always",
    ),
    application(
        "network",
        driver={
            "hostNetwork": True,
            "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
            "hostAliases": [{"ip": "10.0.0.9", "hostnames": ["legacy.example"]}],
            "ports": [{"name": "debug", "containerPort": 5005, "protocol": "TCP"}],
            "serviceLabels": {"served": "true"},
            "serviceAnnotations": {"note": "for executors"},
            "kubernetesMaster": "https://kubernetes.example:443",
        },
        executor={
            "dnsConfig": {"nameservers": ["10.0.0.2"]},
            "ports": [{"name": "debug", "containerPort": 5005, "protocol": "TCP"}],
        },
    ),
    application(
        "ports",
        sparkConf={
            "spark.driver.port": "17078",
            "spark.blockManager.port": "17079",
            "spark.ui.port": "14040",
            "spark.ui.enabled": "false",
            "spark.connect.grpc.binding.port": "25002",
            "spark.kubernetes.driver.service.ipFamilies": "IPv4",
        },
    ),
    # where pods run
    application("node-selector", nodeSelector={"disk": "fast", "kubernetes.io/arch": "amd64"}),
    application(
        "node-selection",
        driver={
            "nodeSelector": {"pool": "drivers"},
            "affinity": _affinity("zone"),
            "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "spark"}],
            "priorityClassName": "system-cluster-critical",
            "schedulerName": "other-scheduler",
        },
        executor={
            "nodeSelector": {"pool": "executors"},
            "affinity": _affinity("zone"),
            "tolerations": [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}],
            "priorityClassName": "system-node-critical",
            "schedulerName": "other-scheduler",
        },
    ),
    # executors that come and go
    application(
        "dynamic-allocation",
        dynamicAllocation={
            "enabled": True,
            "initialExecutors": 2,
            "minExecutors": 1,
            "maxExecutors": 10,
            "shuffleTrackingTimeout": 60000,
        },
    ),
    application(
        "dynamic-allocation-off",
        dynamicAllocation={"enabled": False, "maxExecutors": 3},
        executor={"instances": 3},
    ),
    # dependencies
    python_application(
        "dependencies-python",
        deps={
            "jars": ["local:///jars/a.jar", "https://repo.example/b.jar"],
            "pyFiles": ["local:///py/a.zip", "local:///py/b.py"],
            "files": ["local:///files/a.txt"],
            "archives": ["local:///archives/env.tar.gz#env"],
        },
    ),
    application(
        "dependencies-scala",
        deps={
            "jars": ["local:///jars/a.jar"],
            "repositories": ["https://repo.example/maven"],
            "excludePackages": ["com.example:unwanted"],
        },
        sparkConf={"spark.jars": "local:///jars/loses.jar", "spark.files": "local:///files/b.txt"},
    ),
    # Hadoop
    application(
        "hadoop",
        hadoopConf={"fs.defaultFS": "hdfs://nn:8020", "io.file.buffer.size": "65536"},
        hadoopConfigMap="hadoop-conf",
        sparkConfigMap="spark-conf",
    ),
    application(
        "hadoop-of-spark",
        sparkConf={
            "spark.kubernetes.hadoop.configMapName": "hadoop-conf",
            "spark.kubernetes.kerberos.krb5.configMapName": "krb5",
            "spark.kubernetes.kerberos.tokenSecret.name": "tokens",
            "spark.kubernetes.kerberos.tokenSecret.itemKey": "here",
        },
    ),
    # metrics
    application(
        "monitoring",
        monitoring={
            "exposeDriverMetrics": True,
            "exposeExecutorMetrics": True,
            "prometheus": {**_EXPORTER, "port": 8099, "portName": "metrics"},
        },
        driver={"javaOptions": "-XX:+UseG1GC", "annotations": {"mine": "yes"}},
    ),
    application(
        "monitoring-from-the-image",
        monitoring={
            "exposeDriverMetrics": True,
            "exposeExecutorMetrics": False,
            "metricsPropertiesFile": "/etc/spark/metrics.properties",
            "prometheus": {**_EXPORTER, "configFile": "/etc/prometheus.yaml"},
        },
    ),
    # names and labels
    application(LONG),
    application("x-0--odd-9"),
    application(
        "names",
        labels={"team": "road", "kueue.x-k8s.io/queue-name": "later"},
        driver={
            "podName": "my-own.driver",
            "labels": {"team": "driver"},
            "annotations": {"app": "{{APP_ID}}"},
        },
        executor={"labels": {"team": "executor"}, "annotations": {"id": "{{EXECUTOR_ID}}"}},
    ),
    # precedence
    application(
        "fields-win",
        sparkConf={
            "spark.driver.memory": "4g",
            "spark.driver.cores": "4",
            "spark.executor.memory": "4g",
            "spark.executor.instances": "9",
            "spark.app.name": "another name",
            "spark.kubernetes.driver.container.image": "registry.example/loses:1",
            "spark.kubernetes.driver.pod.name": "loses",
            "spark.kubernetes.driver.label.team": "loses",
            "spark.kubernetes.driverEnv.ONE": "loses",
            "spark.hadoop.fs.defaultFS": "hdfs://loses",
        },
        hadoopConf={"fs.defaultFS": "hdfs://wins"},
        driver={
            "memory": "2g",
            "cores": 2,
            "podName": "wins",
            "labels": {"team": "wins"},
            "envVars": {"ONE": "wins"},
        },
        executor={"memory": "2g", "instances": 2},
    ),
    application(
        "spark-conf-wins",
        imagePullPolicy="Always",
        imagePullSecrets=["loses"],
        memoryOverheadFactor="0.3",
        sparkConf={
            "spark.kubernetes.container.image.pullPolicy": "Never",
            "spark.kubernetes.container.image.pullSecrets": "wins, too",
            "spark.kubernetes.memoryOverheadFactor": "0.5",
            "spark.executor.instances": "5",
            "spark.driver.memory": "3g",
            "spark.executor.cores": "2",
            "spark.kubernetes.driver.pod.name": "wins-by-conf",
        },
    ),
    application(
        "odd-values",
        sparkConf={
            "spark.driver.extraJavaOptions": '-Da="b c" -Dd=e:f#g!h -Dbackslash=C:\\x',
            "spark.odd.spaces": "two  spaces",
            "spark.odd.lines": "one\ntwo\tthree",
            "spark.odd.letters": "여울 ü",
            "spark.odd.key:with#signs!": "odd",
            "not.of.spark": "ignored",
        },
    ),
)
