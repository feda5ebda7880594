#!/bin/bash
# The contract of Spark's own Kubernetes images: `driver ...` and `executor` as first argument,
# what they need in SPARK_* variables; anything else is run as it is.
set -euo pipefail

JAVA="${JAVA_HOME:+$JAVA_HOME/bin/}java"

# OpenShift and the like run containers as a user that /etc/passwd does not know; Hadoop asks for one.
if ! id -un >/dev/null 2>&1; then
  export HADOOP_USER_NAME="${SPARK_USER:-spark}"
  if [ -w /etc/passwd ]; then
    echo "spark:x:$(id -u):0:spark:$SPARK_HOME:/bin/false" >>/etc/passwd
  fi
fi

# With a read-only root file system only the volumes can be written to, Spark's local one always.
scratch="${SPARK_LOCAL_DIRS:-/tmp}"
scratch="${scratch%%,*}"
if [ ! -w /tmp ] && [ -w "$scratch" ]; then
  export TMPDIR="$scratch"
  export JAVA_TOOL_OPTIONS="${JAVA_TOOL_OPTIONS:-} -Djava.io.tmpdir=$scratch -XX:-UsePerfData"
fi
if [ ! -w . ] && [ -w "$scratch" ]; then
  cd "$scratch"
fi

class_path="$SPARK_HOME/jars/*"
class_path="${SPARK_CONF_DIR:-$SPARK_HOME/conf}:$class_path"
if [ -n "${HADOOP_CONF_DIR:-}" ]; then class_path="$HADOOP_CONF_DIR:$class_path"; fi
if [ -n "${SPARK_EXTRA_CLASSPATH:-}" ]; then class_path="$class_path:$SPARK_EXTRA_CLASSPATH"; fi
if [ -n "${SPARK_DIST_CLASSPATH:-}" ]; then class_path="$class_path:$SPARK_DIST_CLASSPATH"; fi
# An executor's work folder, where files of the application are put.
class_path="$class_path:$PWD"

case "${1:-}" in
  driver)
    shift
    command=(
      "$SPARK_HOME/bin/spark-submit"
      --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS"
      --conf "spark.executorEnv.SPARK_DRIVER_POD_IP=$SPARK_DRIVER_BIND_ADDRESS"
      --deploy-mode client
      "$@"
    )
    ;;
  executor)
    shift
    options=()
    for name in $(compgen -v SPARK_JAVA_OPT_ | sort --version-sort); do
      options+=("${!name}")
    done
    command=(
      "$JAVA"
      ${options[@]+"${options[@]}"}
      "-Xms$SPARK_EXECUTOR_MEMORY"
      "-Xmx$SPARK_EXECUTOR_MEMORY"
      -cp "$class_path"
      org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend
      --driver-url "$SPARK_DRIVER_URL"
      --executor-id "$SPARK_EXECUTOR_ID"
      --cores "$SPARK_EXECUTOR_CORES"
      --app-id "$SPARK_APPLICATION_ID"
      --hostname "$SPARK_EXECUTOR_POD_IP"
      --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID"
      --podName "$SPARK_EXECUTOR_POD_NAME"
    )
    ;;
  *)
    command=("$@")
    ;;
esac

# -s: children of a command that is not process 1 are reaped, too (shared process namespaces).
exec /usr/bin/tini -s -- "${command[@]}"
