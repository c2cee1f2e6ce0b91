#!/bin/bash
# Starts one node of the cluster of docker-compose.yaml. galera1 begins it on the first start. Later it is begun by the node
# that was the last to be stopped in order, which Galera marks; the others join. After a power cut of all three no node is
# marked: choose the one with the highest position (mariadbd --wsrep-recover) and write safe_to_bootstrap: 1 into its file.
set -euo pipefail

state=/var/lib/mysql/grastate.dat

# A node that lost its disk would begin a second, empty cluster beside the one that is there, and callers would be sent to it.
another_node_serves() {
  for node in galera1 galera2 galera3; do
    if [[ "$node" != "$HOSTNAME" ]] && timeout 2 bash -c "exec 3<>/dev/tcp/$node/3306" 2> /dev/null; then return 0; fi
  done
  return 1
}

if grep -qs 'safe_to_bootstrap: 1' "$state" || { [[ ! -e "$state" ]] && [[ "$HOSTNAME" == galera1 ]]; }; then
  if ! another_node_serves; then set -- --wsrep-new-cluster "$@"; fi
fi
exec docker-entrypoint.sh mariadbd "$@"
