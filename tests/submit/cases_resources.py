"""Applications of all types, with their memory, environment, volumes and templates."""

from __future__ import annotations

from submit.application import SIDECAR, Json, application, python_application

CASES: tuple[Json, ...] = (
    # types and arguments
    application("scala"),
    application("java", type="Java", arguments=["10", "", "two words", "--class", "a=b"]),
    application("internal", mainApplicationFile="spark-internal", mainClass="com.example.Main"),
    python_application("python"),
    python_application(
        "python-interpreters",
        pythonVersion="3",
        arguments=["--day", "2026-11-23"],
        sparkConf={"spark.pyspark.python": "/venv/bin/python3", "spark.pyspark.driver.python": "p"},
    ),
    application("proxy-user", proxyUser="etl"),
    # memory and cores
    application("small-memory", driver={"memory": "512m"}, executor={"memory": "512m"}),
    python_application("large-python-memory", driver={"memory": "8g"}, executor={"memory": "8g"}),
    application(
        "explicit-overhead",
        driver={"memory": "2g", "memoryOverhead": "512"},
        executor={"memory": "2g", "memoryOverhead": "1g"},
    ),
    application("overhead-factor", memoryOverheadFactor="0.25", driver={"memory": "4g"}),
    python_application(
        "factor-by-role",
        memoryOverheadFactor="0.0002",
        sparkConf={
            "spark.driver.memoryOverheadFactor": "0.5",
            "spark.executor.memoryOverheadFactor": "0.15",
            "spark.driver.minMemoryOverhead": "100m",
            "spark.executor.pyspark.memory": "256m",
            "spark.memory.offHeap.enabled": "true",
            "spark.memory.offHeap.size": "128m",
        },
    ),
    application(
        "memory-limit",
        driver={"memory": "1g", "memoryLimit": "3g"},
        executor={"memory": "1g", "memoryLimit": "2g"},
    ),
    application(
        "cores",
        driver={"cores": 2, "coreRequest": "500m", "coreLimit": "2500m"},
        executor={"cores": 3, "coreRequest": "1500m", "coreLimit": "3", "instances": 4},
    ),
    application(
        "gpus",
        driver={"gpu": {"name": "nvidia.com/gpu", "quantity": 1}},
        executor={"gpu": {"name": "amd.com/gpu", "quantity": 2}},
    ),
    application(
        "resources-of-spark",
        sparkConf={
            "spark.driver.resource.gpu.amount": "2",
            "spark.driver.resource.gpu.vendor": "nvidia.com",
            "spark.driver.resource.gpu.discoveryScript": "/opt/gpus.sh",
        },
    ),
    # environment and secrets
    application(
        "environment",
        driver={
            "envVars": {"ONE": "1", "EMPTY": "", "SPACED": " a b ", "EQUALS": "a=b:c"},
            "env": [
                {"name": "ONE", "value": "again"},
                {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            ],
            "envFrom": [{"configMapRef": {"name": "settings"}}],
            "envSecretKeyRefs": {"PASSWORD": {"name": "db", "key": "password"}},
        },
        executor={
            "envVars": {"TWO": "2"},
            "env": [{"name": "THREE", "value": "3"}],
            "envFrom": [{"secretRef": {"name": "hidden", "optional": True}}],
            "envSecretKeyRefs": {"PASSWORD": {"name": "db", "key": "password"}},
        },
    ),
    application(
        "secrets",
        driver={
            "secrets": [
                {"name": "gcp", "path": "/mnt/gcp", "secretType": "GCPServiceAccount"},
                {"name": "plain", "path": "/mnt/plain", "secretType": "Generic"},
            ]
        },
        executor={
            "secrets": [
                {"name": "token", "path": "/mnt/token", "secretType": "HadoopDelegationToken"}
            ]
        },
    ),
    # volumes
    application(
        "volumes",
        volumes=[
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}},
            {"name": "unused", "emptyDir": {}},
        ],
        driver={
            "volumeMounts": [
                {"name": "data", "mountPath": "/data", "readOnly": True},
                {"name": "data", "mountPath": "/more", "subPath": "more"},
            ],
            "configMaps": [{"name": "settings", "path": "/etc/settings"}],
        },
        executor={
            "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
            "configMaps": [{"name": "settings", "path": "/etc/settings"}],
        },
    ),
    application(
        "local-dirs",
        volumes=[
            {"name": "spark-local-dir-1", "hostPath": {"path": "/mnt/disk1", "type": "Directory"}},
            {"name": "spark-local-dir-2", "emptyDir": {"sizeLimit": "5Gi", "medium": "Memory"}},
        ],
        driver={"volumeMounts": [{"name": "spark-local-dir-1", "mountPath": "/scratch/one"}]},
        executor={
            "volumeMounts": [
                {"name": "spark-local-dir-2", "mountPath": "/scratch/two", "subPath": "here"}
            ]
        },
    ),
    application(
        "claims-on-demand",
        sparkConf={
            f"spark.kubernetes.{role}.volumes.persistentVolumeClaim.spark-local-dir-1.{key}": value
            for role in ("driver", "executor")
            for key, value in {
                "options.claimName": "OnDemand",
                "options.storageClass": "fast",
                "options.sizeLimit": "20Gi",
                "mount.path": "/data/scratch",
                "mount.readOnly": "false",
                "label.team": "road",
                "annotation.why": "scratch",
            }.items()
        },
    ),
    application(
        "volumes-of-spark",
        sparkConf={
            "spark.kubernetes.driver.volumes.nfs.share.mount.path": "/share",
            "spark.kubernetes.driver.volumes.nfs.share.mount.readOnly": "true",
            "spark.kubernetes.driver.volumes.nfs.share.options.server": "nfs.example",
            "spark.kubernetes.driver.volumes.nfs.share.options.path": "/export",
            "spark.kubernetes.driver.volumes.hostPath.logs.mount.path": "/logs",
            "spark.kubernetes.driver.volumes.hostPath.logs.options.path": "/var/log/spark",
            "spark.kubernetes.executor.volumes.emptyDir.cache.mount.path": "/cache",
            "spark.kubernetes.executor.volumes.emptyDir.cache.options.medium": "Memory",
        },
    ),
    application(
        "scratch-in-memory",
        sparkConf={
            "spark.kubernetes.local.dirs.tmpfs": "true",
            "spark.local.dir": "/scratch/a,/scratch/b",
        },
    ),
    # templates
    application(
        "driver-template",
        driver={
            "labels": {"team": "road"},
            "template": {
                "metadata": {"labels": {"from": "template"}, "annotations": {"a": "template"}},
                "spec": {
                    "hostname": "driver",
                    "tolerations": [{"key": "spot", "operator": "Exists"}],
                    "terminationGracePeriodSeconds": 77,
                    "securityContext": {"fsGroup": 185},
                    "volumes": [{"name": "extra", "emptyDir": {}}],
                    "containers": [
                        {"name": "first", "image": "registry.example/first:1"},
                        {
                            "name": "spark-kubernetes-driver",
                            "image": "registry.example/ignored:1",
                            "env": [{"name": "SPARK_USER", "value": "template"}],
                            "ports": [{"name": "extra", "containerPort": 9000}],
                            "resources": {
                                "requests": {"cpu": "9", "ephemeral-storage": "1Gi"},
                                "limits": {"ephemeral-storage": "2Gi"},
                            },
                            "volumeMounts": [{"name": "extra", "mountPath": "/extra"}],
                            "livenessProbe": {"tcpSocket": {"port": 4040}},
                        },
                    ],
                },
            },
        },
    ),
    application(
        "executor-template",
        executor={
            "template": {
                "metadata": {"labels": {"from": "template"}},
                "spec": {
                    "tolerations": [{"key": "spot", "operator": "Exists"}],
                    "topologySpreadConstraints": [
                        {
                            "maxSkew": 1,
                            "topologyKey": "zone",
                            "whenUnsatisfiable": "ScheduleAnyway",
                            "labelSelector": {"matchLabels": {"spark-role": "executor"}},
                        }
                    ],
                    "containers": [
                        {
                            "name": "spark-kubernetes-executor",
                            "resources": {"limits": {"ephemeral-storage": "2Gi"}},
                            "env": [{"name": "FROM", "value": "template"}],
                        },
                        {"name": "beside", "image": "registry.example/beside:1"},
                    ],
                },
            }
        },
    ),
    application(
        "template-and-fields",
        driver={
            "template": {"spec": {"containers": [{"name": "spark-kubernetes-driver"}]}},
            "env": [{"name": "ONE", "value": "1"}],
            "tolerations": [{"key": "a", "operator": "Exists"}],
            "sidecars": [SIDECAR],
        },
        executor={
            "template": {"spec": {"containers": [{"name": "spark-kubernetes-executor"}]}},
            "sidecars": [SIDECAR],
        },
    ),
)
