#!/bin/bash
# One Kafka node of a StatefulSet, or of its own.
#
#   KAFKA_CLUSTER_ID    the same for all nodes of a cluster (required)
#   POD_NAME            its ordinal is the node's id; default: the host's name
#   KAFKA_REPLICAS      nodes of the StatefulSet (1)
#   KAFKA_CONTROLLERS   how many of them, from ordinal 0, are controllers too (all, three at most)
#   KAFKA_DOMAIN        the headless Service by which nodes find each other, such as kafka-brokers.ns.svc
#                       (none: this host only)
#   KAFKA_TLS           a folder with tls.crt and tls.key: both ports speak TLS, and nothing else (none)
#   KAFKA_AUTHORITY     who signed it, as PEM (/run/secrets/authority/ca.crt)
#   KAFKA_EXTRA_CONFIG  a file whose properties win over these (/etc/kafka/server.properties, where it is)
#   KAFKA_HEAP_OPTS, KAFKA_OPTS   options for Java
#
# Any other first argument than `broker` is the main class of one of Kafka's tools.
set -euo pipefail

home=/var/lib/kafka
java=(
  java ${KAFKA_HEAP_OPTS--Xms256m -Xmx512m} -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError
  -Djava.awt.headless=true "-Djava.io.tmpdir=$home/tmp"
  -Dorg.slf4j.simpleLogger.showDateTime=true "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS"
  -Dorg.slf4j.simpleLogger.showThreadName=false
  ${KAFKA_OPTS:-} -cp "/opt/kafka/libs/*"
)
if [ "${1:-broker}" != broker ]; then exec "${java[@]}" "$@"; fi

fail() { echo "kafka: $1" >&2; exit 1; }

pod="${POD_NAME:-$HOSTNAME}"
id="${pod##*-}"
[[ "$id" =~ ^[0-9]+$ ]] || id=0
set_name="${pod%-*}"
replicas="${KAFKA_REPLICAS:-1}"
controllers="${KAFKA_CONTROLLERS:-$((replicas < 3 ? replicas : 3))}"
[ -n "${KAFKA_CLUSTER_ID:-}" ] || fail 'KAFKA_CLUSTER_ID is not set; the arguments `kafka.tools.StorageTool random-uuid` print a new one'
[ -w "$home" ] || fail "$home cannot be written to; mount a volume there, with fsGroup 1001"

address() { # ordinal
  if [ -n "${KAFKA_DOMAIN:-}" ]; then echo "$set_name-$1.$KAFKA_DOMAIN"; else echo "$HOSTNAME"; fi
}

voters=""
for ((one = 0; one < controllers; one++)); do voters+="${voters:+,}$one@$(address "$one"):9093"; done
roles=broker
protocol=PLAINTEXT
if [ -n "${KAFKA_TLS:-}" ]; then protocol=SSL; fi
listeners="$protocol://:9092"
if ((id < controllers)); then roles+=",controller"; listeners+=",CONTROLLER://:9093"; fi
copies=$((replicas < 3 ? replicas : 3))
in_sync=$((copies < 2 ? 1 : 2))

mkdir -p "$home/data" "$home/tmp"
cat >"$home/server.properties" <<END
process.roles=$roles
node.id=$id
controller.quorum.voters=$voters
listeners=$listeners
advertised.listeners=$protocol://$(address "$id"):9092
controller.listener.names=CONTROLLER
listener.security.protocol.map=$protocol:$protocol,CONTROLLER:$protocol
inter.broker.listener.name=$protocol
log.dirs=$home/data
auto.create.topics.enable=false
default.replication.factor=$copies
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$copies
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$in_sync
END
if [ "$protocol" = SSL ]; then
  authority="${KAFKA_AUTHORITY:-/run/secrets/authority/ca.crt}"
  for file in "$KAFKA_TLS/tls.crt" "$KAFKA_TLS/tls.key" "$authority"; do
    [ -r "$file" ] || fail "$file cannot be read; KAFKA_TLS needs tls.crt and tls.key, KAFKA_AUTHORITY who signed them"
  done
  # Kafka reads keys in PKCS #8 only.
  (umask 077 && openssl pkcs8 -topk8 -nocrypt -in "$KAFKA_TLS/tls.key" | cat - "$KAFKA_TLS/tls.crt" >/tmp/server.pem)
  cat >>"$home/server.properties" <<END
ssl.keystore.type=PEM
ssl.keystore.location=/tmp/server.pem
ssl.truststore.type=PEM
ssl.truststore.location=$authority
END
fi
extra="${KAFKA_EXTRA_CONFIG:-/etc/kafka/server.properties}"
# The last one of a key wins.
if [ -r "$extra" ]; then cat "$extra" >>"$home/server.properties"; fi

if [ ! -f "$home/data/meta.properties" ]; then
  "${java[@]}" kafka.tools.StorageTool format \
    --cluster-id "$KAFKA_CLUSTER_ID" --config "$home/server.properties" --ignore-formatted
fi
exec "${java[@]}" kafka.Kafka "$home/server.properties"
