#!/bin/bash
# One ZooKeeper server, told what it is as the official image is:
#
#   ZOO_MY_ID      its number (1); kept in /data/myid from then on
#   ZOO_SERVERS    all of them, separated by blanks: `server.1=host:2888:3888;2181 server.2=...` (it alone)
#   ZOO_CFG_EXTRA  further lines of zoo.cfg, separated by blanks
#   ZOO_TICK_TIME, ZOO_INIT_LIMIT, ZOO_SYNC_LIMIT, ZOO_AUTOPURGE_PURGEINTERVAL,
#   ZOO_AUTOPURGE_SNAPRETAINCOUNT, ZOO_MAX_CLIENT_CNXNS, ZOO_STANDALONE_ENABLED,
#   ZOO_4LW_COMMANDS_WHITELIST   as in ZooKeeper's documentation
#   ZOO_CONF_DIR, ZOO_DATA_DIR, ZOO_DATA_LOG_DIR   folders (/conf, /data, /datalog)
#
# A zoo.cfg that is there is taken as it is. The arguments are what is run then.
set -euo pipefail

conf="${ZOO_CONF_DIR:-/conf}"
data="${ZOO_DATA_DIR:-/data}"

if [ ! -f "$conf/zoo.cfg" ]; then
  cat >"$conf/zoo.cfg" <<END
dataDir=$data
dataLogDir=${ZOO_DATA_LOG_DIR:-/datalog}
tickTime=${ZOO_TICK_TIME:-2000}
initLimit=${ZOO_INIT_LIMIT:-5}
syncLimit=${ZOO_SYNC_LIMIT:-2}
autopurge.snapRetainCount=${ZOO_AUTOPURGE_SNAPRETAINCOUNT:-3}
autopurge.purgeInterval=${ZOO_AUTOPURGE_PURGEINTERVAL:-0}
maxClientCnxns=${ZOO_MAX_CLIENT_CNXNS:-60}
standaloneEnabled=${ZOO_STANDALONE_ENABLED:-true}
4lw.commands.whitelist=${ZOO_4LW_COMMANDS_WHITELIST:-srvr}
admin.enableServer=false
$(printf '%s\n' ${ZOO_SERVERS:-"server.1=localhost:2888:3888;2181"} ${ZOO_CFG_EXTRA:-})
END
fi
[ -f "$data/myid" ] || echo "${ZOO_MY_ID:-1}" >"$data/myid"
exec "$@"
