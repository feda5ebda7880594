"""Hadoop's and Kerberos' configuration in the driver, as Spark's own keys name it.

`HadoopConfDriverFeatureStep` and `KerberosConfDriverFeatureStep`, without what they read from the
machine of whoever submits: there is none.
"""

from __future__ import annotations

from yeoul_operator.build.parts import (
    PodParts,
    config_map_volume,
    env_var,
    mount,
    secret_volume,
)
from yeoul_operator.build.submission import Submission

HADOOP_KEY = "spark.kubernetes.hadoop.configMapName"
EXECUTOR_HADOOP_KEY = "spark.kubernetes.executor.hadoopConfigMapName"
KRB5_KEY = "spark.kubernetes.kerberos.krb5.configMapName"
TOKEN_SECRET_KEY = "spark.kubernetes.kerberos.tokenSecret.name"  # noqa: S105 a key, not a secret
TOKEN_ITEM_KEY = "spark.kubernetes.kerberos.tokenSecret.itemKey"  # noqa: S105

_CONF_FOLDER = "/opt/hadoop/conf"
_TOKEN_FOLDER = "/mnt/secrets/hadoop-credentials"  # noqa: S105 a folder


def with_hadoop_conf(parts: PodParts, run: Submission) -> PodParts:
    """Mount the ConfigMap that Spark's own key names."""
    config_map = run.conf.get(HADOOP_KEY)
    if config_map is None:
        return parts
    volume = config_map_volume("hadoop-properties", config_map)
    parts = parts.mounting(volume, mount("hadoop-properties", _CONF_FOLDER))
    return parts.adding_to_container("env", [env_var("HADOOP_CONF_DIR", _CONF_FOLDER)])


def with_kerberos(parts: PodParts, run: Submission) -> PodParts:
    """Mount `krb5.conf` and delegation tokens, where the configuration names them."""
    krb5, secret = run.conf.get(KRB5_KEY), run.conf.get(TOKEN_SECRET_KEY)
    if krb5 is not None:
        one_file = {**mount("krb5-file", "/etc/krb5.conf"), "subPath": "krb5.conf"}
        parts = parts.mounting(config_map_volume("krb5-file", krb5), one_file)
    if secret is not None:
        volume = secret_volume("hadoop-secret", secret)
        parts = parts.mounting(volume, mount("hadoop-secret", _TOKEN_FOLDER))
        token = f"{_TOKEN_FOLDER}/{run.conf.get(TOKEN_ITEM_KEY, 'hadoop-tokens')}"
        parts = parts.adding_to_container("env", [env_var("HADOOP_TOKEN_FILE_LOCATION", token)])
    return parts
