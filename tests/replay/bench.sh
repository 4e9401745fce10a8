#!/bin/bash
# How fast "tallyman replay" goes through a log of 1 GB that is made of the samples in tests/audit/, and how much memory that takes; beside it
# what auditd's own tools take for the same file. The first log has what the samples have, long arguments first of all; the second only
# events with short ones, as most are; in the third none of them is of a tool.
#
#   tests/replay/bench.sh [MEGABYTES]
set -eu
cd "$(dirname "$0")/../.."
megabytes=${1:-1000}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
zcat tests/audit/enriched.log.gz tests/audit/lossy.log.gz | sed 's/^node=[^ ]* //' >"$directory/all"
long=$(grep '^type=EXECVE' "$directory/all" | awk 'length > 1000' | sed 's/.*audit(\([^)]*\)).*/\1/' | sort -u)
grep -vF "$long" "$directory/all" >"$directory/short"
sed 's/docker/doctor/g; s/kubectl/subject/g' "$directory/short" >"$directory/others"

# Copy after copy, each an hour later and with serials of its own.
multiply() {
    python3 - "$1" "$2" "$megabytes" <<'PYTHON'
import re, sys
lines = open(sys.argv[1], "rb").read().splitlines(True)
parts = [re.split(rb"audit\((\d+)\.(\d+):(\d+)\)", line, maxsplit=1) for line in lines]
first = min(int(part[1]) for part in parts)
size = copy = 0
with open(sys.argv[2], "wb") as log:
    while size < int(sys.argv[3]) * 1000000:
        text = b"".join(b"%saudit(%d.%s:%d)%s" % (a, 1700000000 + int(s) - first + 3600 * copy, ms, int(n) + 100000 * copy, rest) for a, s, ms, n, rest in parts)
        size += log.write(text)
        copy += 1
PYTHON
}

measure() {
    local name=$1
    shift
    cat "$log" >/dev/null # from memory, so that programs are compared and not disks
    /usr/bin/env TIMEFORMAT='%R %U %S' bash -c 'time "$@" >/dev/null 2>'"$directory/said" -- python3 -c '
import os, resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=open(os.environ["PEAK"], "w"))
' "$@" 2>"$directory/time"
    read -r seconds user system <"$directory/time"
    awk -v name="$name" -v bytes="$(stat -c %s "$log")" -v s="$seconds" -v cpu="$(echo "$user $system" | awk '{ print $1 + $2 }')" -v events="$events" -v peak="$(cat "$PEAK")" \
        'BEGIN { printf "  %-28s %7.1f s  %6.1f s of CPU  %6.0f MB/s  %9.0f executions/s  %4d MB at most\n", name, s, cpu, bytes / 1e6 / s, events / s, peak }'
}

export PEAK=$directory/peak
log=$directory/log
for kind in all short others; do
    multiply "$directory/$kind" "$log"
    events=$(grep -c '^type=SYSCALL.*syscall=59 success=yes' "$log")
    echo "$kind: $(stat -c %s "$log") bytes, $(wc -l <"$log") lines, $events executions"
    measure "tallyman replay" out/tallyman replay --json "$log"
    tail -3 "$directory/said" | sed 's/^/      /'
    measure "ausearch --raw -sc execve" ausearch --raw -sc execve -if "$log"
    measure "aureport -x" aureport -x -if "$log"
done
