#!/bin/sh
# A collector and an agent on this machine, alerts in this terminal. Ctrl-C ends both.
set -eu
cd "$(dirname "$0")/.."

data=out/run
address=http://127.0.0.1:7610
mkdir -p "$data"
out/tallyman-collector serve --listen "$address" --data "$data" &
collector=$!
trap 'kill $collector 2>/dev/null; wait $collector 2>/dev/null || true' EXIT
trap : INT TERM # the agent gets the signal too, and ends first
sleep 1
kill -0 "$collector" 2>/dev/null || exit 69 # it has said why

echo "Alerts appear here and are stored in $data. In another terminal, as any user, for example:" >&2
echo "  docker run --privileged -v /:/host alpine" >&2
echo "  $PWD/out/tallyman-collector export --data $PWD/$data" >&2
status=0
out/tallyman run --print text --collector "$address" || status=$?
[ "$status" = 130 ] || exit "$status"
