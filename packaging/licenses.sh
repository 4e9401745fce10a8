#!/bin/bash
# Writes which works of others are in a program, and their licences: into DIRECTORY/copyright and DIRECTORY/licenses.
#
#   packaging/licenses.sh agent|collector RID DIRECTORY
set -euo pipefail

project=$1 rid=$2 directory=$3
packages=$(dotnet nuget locals global-packages -l | sed 's/^[^:]*: //')
assets=artifacts/obj/$(tr '[:lower:]' '[:upper:]' <<<"${project:0:1}")${project:1}/project.assets.json
install -d "$directory/licenses"
install -m 644 LICENSE "$directory/licenses/tallyman"

runtime() {
    find "$packages/microsoft.$1.app.runtime.$rid" -maxdepth 1 -mindepth 1 | sort -V | tail -1
}
install -m 644 "$(runtime netcore)/LICENSE.TXT" "$directory/licenses/dotnet"
install -m 644 "$(runtime netcore)/THIRD-PARTY-NOTICES.TXT" "$directory/licenses/dotnet-third-party"
[ "$project" = agent ] || install -m 644 "$(runtime aspnetcore)/THIRD-PARTY-NOTICES.TXT" "$directory/licenses/aspnetcore-third-party"
[ "$project" != agent ] || install -m 644 "out/dist/$rid/libbpf/licenses/"* "$directory/licenses/"
install -m 644 packaging/licenses/* "$directory/licenses/"

{
    echo "Tallyman: licenses/tallyman."
    echo
    echo "In it are, with their licences by the names of spdx.org, whose texts are in licenses/:"
    echo
    echo ".NET runtime $(basename "$(runtime netcore)"): MIT (licenses/dotnet; what it has of others: licenses/*-third-party)"
    jq -r --arg rid "$rid" '.targets | to_entries[] | select(.key | endswith($rid)) | .value | to_entries[] | select(.value.type == "package" and ((.value.runtime // {}) + (.value.native // {}) | length > 0)) | .key' "$assets" | sort -u |
        while IFS=/ read -r name version; do
            nuspec=$packages/${name,,}/$version/${name,,}.nuspec
            license=$(sed -n 's/.*<license type="expression">\([^<]*\)<.*/\1/p' "$nuspec")
            copyright=$(sed -n 's/.*<copyright>\([^<]*\)<.*/\1/p' "$nuspec")
            [ "$name" != SourceGear.sqlite3 ] || { echo "SQLite ($name $version): in the public domain"; continue; }
            [ -n "$license" ] || { echo "$name $version says no licence: look at it, and add it to packaging/licenses.sh" >&2; exit 1; }
            [ -e "$directory/licenses/$license" ] || { echo "$name $version is under $license, of which packaging/licenses/ has no text" >&2; exit 1; }
            echo "$name $version: $license${copyright:+, $copyright}"
        done
    [ "$project" != agent ] || printf '%s\n' "libbpf 1.5.0: LGPL-2.1 or BSD-2-Clause (licenses/libbpf)" "libelf of elfutils 0.192: LGPL-3.0-or-later or GPL-2.0-or-later (licenses/elfutils)" "zlib 1.3.1: Zlib (licenses/zlib)"
    [ "$project" != agent ] || echo "exec.bpf.o in tallyman: GPL-2.0-only or BSD-2-Clause; its source is bpf/ of this version"
} >"$directory/copyright"
