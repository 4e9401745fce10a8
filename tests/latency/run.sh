#!/bin/bash
# How long it takes from an execution until the collector has it on disk: this machine's kernel, an agent, a collector on
# loopback. The row's own time of storing is taken just before its commit.
#
#   tests/latency/run.sh [RATE... in executions a second]
set -eu -o pipefail
cd "$(dirname "$0")/../.."
rates=("${@:-10 500}")
seconds=20

work=$(mktemp -d)
trap 'kill $agent $collector 2>/dev/null; wait; rm -rf "$work"' EXIT
cp /bin/true "$work/docker"
out/tallyman-collector serve --listen http://127.0.0.1:7699 --data "$work/data" 2>> "$work/log" &
collector=$!
out/tallyman run --collector http://127.0.0.1:7699 --state "$work/state" 2>> "$work/log" &
agent=$!
until grep -qs Watching "$work/log" && grep -qs Connected "$work/log"; do
    kill -0 $agent $collector || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
done

for rate in ${rates[*]}; do
    python3 tests/latency/execute.py "$work/docker" "$rate" "$seconds"
    python3 tests/latency/report.py "$work/data/tallyman.db" "$rate" $((rate * seconds))
done
