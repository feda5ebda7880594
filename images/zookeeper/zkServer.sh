#!/bin/bash
# `zkServer.sh start-foreground`, and nothing else of ZooKeeper's own script.
#
#   SERVER_JVMFLAGS, JVMFLAGS   options for Java
set -euo pipefail

home="${ZOOKEEPER_HOME:-/opt/zookeeper}"
if [ "${1:-}" != start-foreground ]; then
  echo "zkServer.sh: only start-foreground is here" >&2
  exit 1
fi
exec java ${SERVER_JVMFLAGS--Xmx256m} ${JVMFLAGS:-} -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError \
  -cp "$home/conf:$home/lib/*" org.apache.zookeeper.server.quorum.QuorumPeerMain "${ZOO_CONF_DIR:-/conf}/zoo.cfg"
