#!/bin/bash
# Makes a package for Debian and its like of what packaging/stage.sh has put under a directory.
#
#   packaging/deb/build.sh tallyman|tallyman-collector VERSION amd64|arm64 DIRECTORY FILE
set -euo pipefail

program=$1 version=$2 architecture=$3 root=$(realpath "$4") file=$(realpath -m "$5")
cd "$(dirname "$0")"
case $program in
    tallyman) summary="tells who uses a container command line to get at the host" ;;
    tallyman-collector) summary="receives and stores the alerts of tallyman" ;;
esac

control=$root/DEBIAN
install -d "$control"
cat >"$control/control" <<EOF
Package: $program
Version: $version
Architecture: $architecture
Maintainer: The Tallyman developers <tallyman@example.com>
Installed-Size: $(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)
Depends: libc6 (>= 2.34), libssl3 | libssl3t64, libstdc++6, passwd
Recommends: ca-certificates
Section: admin
Priority: optional
Description: $summary
 Tallyman watches every program that starts on a host, reads the arguments of
 docker, kubectl, podman, nerdctl, crictl and ctr as these tools do, weighs
 what they ask for, and delivers alerts to collectors.
EOF
(cd "$root" && find etc -type f | sed 's|^|/|' | sort) >"$control/conffiles"
(cd "$root" && find usr -type f | sort | xargs md5sum) >"$control/md5sums"
for script in postinst prerm postrm; do
    sed "s/@program@/$program/g" "$script" >"$control/$script"
    chmod 755 "$control/$script"
done
chmod 644 "$control"/{control,conffiles,md5sums}
find "$control" -exec touch --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$file" >/dev/null
rm -rf "$control"
