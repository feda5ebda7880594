#!/bin/bash
# One node of HDFS: `namenode`, `datanode`, `journalnode` or `zkfc`; or `dfs ...`, `dfsadmin ...` and
# `haadmin ...` for its command lines.
#
#   HADOOP_CONF_DIR      core-site.xml and hdfs-site.xml (/etc/hadoop/conf)
#   POD_NAME, HDFS_DOMAIN   together the name by which others reach this pod, such as
#                        datanode-0.hdfs-datanodes.ns.svc (none: the host's name)
#   HDFS_NAMENODES       of two NameNodes: their web addresses, `host:port host:port`. A NameNode is the
#                        one that POD_NAME's ordinal says, and nn0 or nn1 in hdfs-site.xml
#   HDFS_JOURNALNODES    the web addresses of their JournalNodes
#   HDFS_NAMENODE_OPTS, HDFS_DATANODE_OPTS, HDFS_JOURNALNODE_OPTS, HDFS_ZKFC_OPTS, HDFS_CLIENT_OPTS
#                        options for Java
#   HDFS_HOME, HADOOP_HOME   what is written, and Hadoop's jars (/var/lib/hdfs, /opt/hadoop)
#
# `ready` is the probe of a datanode: whether the namenode knows it. `ready namenode` and `alive namenode`
# are those of one of two NameNodes.
set -euo pipefail

home="${HDFS_HOME:-/var/lib/hdfs}"
hadoop="${HADOOP_HOME:-/opt/hadoop}"
role="${1:-}"
shift || true
server=org.apache.hadoop.hdfs.server
read -ra namenodes <<<"${HDFS_NAMENODES:-}"
read -ra journalnodes <<<"${HDFS_JOURNALNODES:-}"
pod="${POD_NAME:-$HOSTNAME}"
# `waiting` or `working`, from a NameNode's start until its own process runs.
step="$home/tmp/step"

say() { echo "hdfs: $1"; }
fail() { echo "hdfs: $1" >&2; exit 1; }

run() { # options of Java, class, arguments
  # The web server's REST interface makes classes.
  exec java ${1:--Xms64m -Xmx256m} -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError "-Djava.io.tmpdir=$home/tmp" \
    --add-opens java.base/java.lang=ALL-UNNAMED -cp "$HADOOP_CONF_DIR:$hadoop/conf:$hadoop/lib/*" "${@:2}"
}

own=(
  "-Ddfs.namenode.name.dir=file://$home/namenode"
  "-Ddfs.datanode.data.dir=file://$home/datanode"
  "-Ddfs.journalnode.edits.dir=$home/journalnode"
  # Names, not addresses: a pod keeps its name for life.
  "-Ddfs.datanode.hostname=${HDFS_DOMAIN:+$pod.}${HDFS_DOMAIN:-$HOSTNAME}"
  "-Ddfs.namenode.rpc-bind-host=0.0.0.0"
  "-Ddfs.namenode.http-bind-host=0.0.0.0"
)

prepare() {
  [ -r "$HADOOP_CONF_DIR/core-site.xml" ] || fail "$HADOOP_CONF_DIR/core-site.xml is missing; mount the ConfigMap there"
  [ -w "$home" ] || fail "$home cannot be written to; mount a volume there, with fsGroup 1002"
  mkdir -p "$home/tmp" "$home/$role"
}

page() { # host:port, path
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" "$2" "$0" >&3 && cat <&3' \
    "${1%:*}" "${1##*:}" "$2" 2>/dev/null || true
}

bean() { # host:port, service, name
  page "$1" "/jmx?qry=Hadoop:service=$2,name=$3"
}

# How many JournalNodes answer, and how many of those hold a journal.
journals() {
  local node found answers=0 holders=0
  for node in "${journalnodes[@]}"; do
    found="$(bean "$node" JournalNode JournalNodeInfo)"
    if grep --quiet JournalsStatus <<<"$found"; then answers=$((answers + 1)); fi
    if grep --quiet 'Formatted[^a-z]*true' <<<"$found"; then holders=$((holders + 1)); fi
  done
  echo "$answers $holders"
}

none_holds_a_journal() { [ "$(journals)" = "${#journalnodes[@]} 0" ]; }

most_journalnodes_answer() {
  local answers
  read -r answers _ <<<"$(journals)"
  ((answers * 2 > ${#journalnodes[@]}))
}

namenode() { # arguments
  (run "${HDFS_NAMENODE_OPTS:-}" $server.namenode.NameNode "${own[@]}" "$@")
}

wait_for() { # what
  if [ "$(cat "$step" 2>/dev/null)" != waiting ]; then say "waiting for $1"; fi
  echo waiting >"$step"
  sleep 2
}

# One of two NameNodes begins as a copy of the one that is active. Only the first of them ever formats, and
# only where nobody has: the other one does not answer, and all JournalNodes do and hold nothing.
first_start() {
  local other="${namenodes[1 - ordinal]}"
  while :; do
    if bean "$other" NameNode NameNodeStatus | grep --quiet '"State" : "active"'; then
      # Made aside: what is interrupted is begun anew.
      rm -rf "$home/copy"
      if namenode "-Ddfs.namenode.name.dir=file://$home/copy" -bootstrapStandby -nonInteractive; then
        rm -rf "$home/namenode"
        mv "$home/copy" "$home/namenode"
        return
      fi
    elif ((ordinal == 0)) && [ -z "$(bean "$other" NameNode NameNodeStatus)" ] && none_holds_a_journal; then
      echo working >"$step"
      namenode -format -nonInteractive
      return
    fi
    wait_for "an active NameNode at $other$( ((ordinal)) || echo ", or for all JournalNodes to answer and hold nothing")"
  done
}

# The file system of a single NameNode becomes that of two: its edits go to the JournalNodes.
share() {
  ((ordinal == 0)) || fail "$home/namenode was not made by one of two NameNodes; empty the volume, and it becomes a copy of nn0"
  until none_holds_a_journal; do
    [[ "$(journals)" != *" "[1-9]* ]] || fail "this NameNode was a single one, and JournalNodes hold a journal already. If no two NameNodes have run with them, empty their volumes."
    wait_for "all JournalNodes"
  done
  echo working >"$step"
  namenode -initializeSharedEdits -nonInteractive
}

prepare_one_of_two() {
  ordinal="${pod##*-}"
  [[ "$ordinal" =~ ^[01]$ ]] || fail "POD_NAME must end in -0 or -1, and is \"$pod\""
  own+=("-Ddfs.ha.namenode.id=nn$ordinal")
  [ "$role" = namenode ] || return 0
  echo working >"$step"
  if [ ! -f "$current/VERSION" ]; then first_start
  elif [ ! -e "$home/shared" ]; then share; fi
  # From here on the volume alone may lack what JournalNodes have.
  touch "$home/shared"
  until most_journalnodes_answer; do wait_for "more than half of the JournalNodes"; done
  rm "$step"
}

case "$role" in
  namenode)
    prepare
    current="$home/namenode/current"
    if [ -f "$current/VERSION" ] && ! compgen -G "$current/fsimage_*" >/dev/null; then
      fail "$current has a VERSION and no fsimage: a format that was interrupted. If this is a new file system, empty the volume${HDFS_NAMENODES:+, and those of the JournalNodes}; else restore it."
    fi
    if ((${#namenodes[@]})); then
      prepare_one_of_two
    elif [ -e "$home/shared" ]; then
      fail "this volume is of one of two NameNodes; a single one would lack what the JournalNodes hold. See \"High availability of HDFS\" in the chart's README."
    elif [ ! -f "$current/VERSION" ]; then
      namenode -format -nonInteractive
    fi
    run "${HDFS_NAMENODE_OPTS:-}" $server.namenode.NameNode "${own[@]}"
    ;;
  zkfc)
    prepare
    prepare_one_of_two
    controller=org.apache.hadoop.hdfs.tools.DFSZKFailoverController
    # 2: it is there already.
    until (run "${HDFS_ZKFC_OPTS:-}" "$controller" "${own[@]}" -formatZK -nonInteractive) || (($? == 2)); do sleep 2; done
    # Before the other NameNode becomes active this one is asked to step back: where its node is lost, in vain.
    run "${HDFS_ZKFC_OPTS:-}" "$controller" "${own[@]}" -Dipc.client.connect.timeout=3000
    ;;
  journalnode)
    prepare
    run "${HDFS_JOURNALNODE_OPTS:-}" org.apache.hadoop.hdfs.qjournal.server.JournalNode "${own[@]}"
    ;;
  datanode)
    prepare
    run "${HDFS_DATANODE_OPTS:-}" $server.datanode.DataNode "${own[@]}"
    ;;
  ready | alive)
    case "$role ${1:-datanode}" in
      # RUNNING is what it is from its registration on.
      "ready datanode") bean 127.0.0.1:9864 DataNode DataNodeInfo | grep --quiet 'ActorState.\{1,6\}RUNNING' ;;
      # Whoever waits for an active NameNode keeps nobody from updating the other one.
      "ready namenode") [ "$(cat "$step" 2>/dev/null)" = waiting ] || { [ ! -e "$step" ] && (: <>/dev/tcp/127.0.0.1/8020); } ;;
      "alive namenode") [ -e "$step" ] || [ -n "$(page 127.0.0.1:9870 "/jmx?qry=java.lang:type=Runtime")" ] ;;
      *) fail "\"$role $1\" is none of ready, ready namenode, alive namenode" ;;
    esac
    ;;
  dfs)
    run "${HDFS_CLIENT_OPTS:-}" org.apache.hadoop.fs.FsShell "$@"
    ;;
  dfsadmin)
    run "${HDFS_CLIENT_OPTS:-}" org.apache.hadoop.hdfs.tools.DFSAdmin "$@"
    ;;
  haadmin)
    run "${HDFS_CLIENT_OPTS:-}" org.apache.hadoop.hdfs.tools.DFSHAAdmin "$@"
    ;;
  *)
    fail "\"$role\" is none of namenode, datanode, journalnode, zkfc, ready, alive, dfs, dfsadmin, haadmin"
    ;;
esac
