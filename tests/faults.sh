#!/bin/bash
# Runs the tests of faults in their long form and writes docs/faults.md from what they tell: which faults, how often, what
# came of it. Where one of them fails, the file stays as it is and the exit code is not 0.
#
#   tests/faults.sh [TEST]     only those with this in their name; their rows take the place of those that are there
set -u
cd "$(dirname "$0")/.."

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
export TALLYMAN_FAULTS=${TALLYMAN_FAULTS:-100} TALLYMAN_FAULT_ROWS=$results/rows
start=$SECONDS
dotnet test Agent.sln -m:1 --filter "Category=Faults&FullyQualifiedName~${1:-Tallyman}" --logger trx --logger "console;verbosity=normal" --results-directory "$results"
status=$?
[ -s "$results/rows" ] || exit "$status" # it does not even compile

# Of each test that was skipped: its name and the reason, as the runner prints them.
skipped() {
    python3 - "$results"/*.trx <<'PYTHON'
import sys, xml.etree.ElementTree as tree
t = '{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}'
for file in sys.argv[1:]:
    for test in tree.parse(file).iter(t + 'UnitTestResult'):
        if test.get('outcome') == 'NotExecuted':
            name = test.get('testName').rsplit('.', 1)[1].replace('_', ' ')
            print(f"- {name}: {test.findtext(f'.//{t}Message') or test.findtext(f'.//{t}StdOut') or ''}".strip())
PYTHON
}

when="$(date -u +%Y-%m-%d), $(git rev-parse --short HEAD)$(git diff --quiet HEAD -- . ':!docs/faults.md' || echo ' with changes')"
setting="$TALLYMAN_FAULTS % of the rounds, $(((SECONDS - start + 30) / 60)) minutes"
if [ $# -gt 0 ]; then
    # A fault is a row's first column.
    awk -F ' [|] ' -v anew="Once more on $when, $setting: $1." '
        NR == FNR { row[$1] = $0; next }
        /^\| fault/ { print anew "\n" }
        { print $1 in row ? row[$1] : $0 }' "$results/rows" docs/faults.md >"$results/faults.md"
    [ "$status" = 0 ] && mv "$results/faults.md" docs/faults.md
    git diff --stat docs/faults.md
    exit "$status"
fi

{
    cat <<HEAD
# Faults, and what came of them

Written by \`make test-faults\`, not by hand. In every row each alert is stored once and in order, or counted under a reason;
nothing is unaccounted for ([delivery.md](delivery.md), [operations.md](operations.md)). The same tests run in a shorter form
in \`make test\`; \`TALLYMAN_SEED=N\` has them do the same again.

$when, Linux $(uname -r) $(uname -m), $(nproc) processors, $setting.

| fault | rounds | records stored | records lost and counted | outcome | seed |
|---|--:|--:|---|---|--:|
HEAD
    sort "$results/rows"
    if [ -n "$(skipped)" ]; then
        printf '\nNot on this machine:\n\n'
        skipped
    fi
} > "$results/faults.md"
cat "$results/faults.md"
[ "$status" = 0 ] && mv "$results/faults.md" docs/faults.md
exit "$status"
