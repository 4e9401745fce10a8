#!/bin/bash
# Makes a package for Fedora and its like of what packaging/stage.sh has put under a directory.
#
#   packaging/rpm/build.sh tallyman|tallyman-collector VERSION x86_64|aarch64 DIRECTORY FILE
set -euo pipefail
cd "$(dirname "$0")/../.."

program=$1 version=$2 architecture=$3 root=$(realpath "$4") file=$5
case $program in
    tallyman) summary="Tells who uses a container command line to get at the host" ;;
    tallyman-collector) summary="Receives and stores the alerts of tallyman" ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(
    sed -e "s/@program@/$program/g; s/@version@/$version/; s/@summary@/$summary/" packaging/rpm/package.spec
    echo '%files'
    (cd "$root" && find etc -type f | sed 's|^|%config(noreplace) /|' | sort)
    (cd "$root" && find etc -mindepth 1 -type d | sed 's|^|%dir /|' | sort)
    (cd "$root" && find usr ! -type d | sed 's|^|/|' | sort)
    echo "%dir /usr/lib/$program"
) >"$work/package.spec"
rpmbuild -bb --quiet --target "$architecture" --define "_topdir $work" --define "_stage $root" \
    --define "_buildhost localhost" --define "use_source_date_epoch_as_buildtime 1" --define "clamp_mtime_to_source_date_epoch 1" \
    "$work/package.spec" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
cp "$work"/RPMS/*/*.rpm "$file"
