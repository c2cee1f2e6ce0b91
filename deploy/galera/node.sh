#!/bin/bash
# Starts one node of the cluster of docker-compose.yaml. galera1 begins it on the first start. Later it is begun by the node
# that was the last to be stopped in order, which Galera marks; the others join. After a power cut of all three no node is
# marked: choose the one with the highest position (mariadbd --wsrep-recover) and write safe_to_bootstrap: 1 into its file.
set -euo pipefail

state=/var/lib/mysql/grastate.dat
if grep -qs 'safe_to_bootstrap: 1' "$state" || { [[ ! -e "$state" ]] && [[ "$HOSTNAME" == galera1 ]]; }; then
  set -- --wsrep-new-cluster "$@"
fi
exec docker-entrypoint.sh mariadbd "$@"
