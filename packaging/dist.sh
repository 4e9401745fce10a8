#!/bin/bash
# Makes what is installed: for each platform a .tar.gz, a .deb and an .rpm of agent and collector, and their SHA-256. Times are those
# of the commit, so that two builds of it are equal byte for byte.
#
#   packaging/dist.sh [RID]...     linux-x64 and linux-arm64 unless told otherwise
set -euo pipefail
cd "$(dirname "$0")/.."

export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export TZ=UTC LC_ALL=C
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
[ $# -gt 0 ] || set -- linux-x64 linux-arm64

make_one() {
    local program=$1 rid=$2 deb=$3 rpm=$4
    local root=out/dist/$rid/$program
    echo "Making $program $version for $rid …"
    packaging/stage.sh "$program" "$rid" "$root"
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --transform "s|^\./|$program-$version/|" -C "$root" -c . | gzip -9n >"out/dist/$program-$version-$rid.tar.gz"
    packaging/deb/build.sh "$program" "$version" "$deb" "$root" "out/dist/${program}_${version}_$deb.deb"
    packaging/rpm/build.sh "$program" "$version" "$rpm" "$root" "out/dist/$program-$version-1.$rpm.rpm"
}

for rid in "$@"; do
    case $rid in
        linux-x64) deb=amd64 rpm=x86_64 compiler=x86_64-linux-gnu-gcc ;;
        linux-arm64) deb=arm64 rpm=aarch64 compiler=aarch64-linux-gnu-gcc ;;
    esac
    if ! command -v "$compiler" >/dev/null; then
        echo "$rid is left out: $compiler is not here (Debian: apt-get install gcc-${compiler%-gcc})" >&2
        continue
    fi
    mkdir -p out/dist
    [ -e "out/dist/$rid/libbpf/libbpf.so.1" ] || packaging/libbpf.sh "out/dist/$rid/libbpf" "$compiler" >"out/dist/libbpf-$rid.log" 2>&1 || { tail -20 "out/dist/libbpf-$rid.log" >&2; exit 1; }
    make_one tallyman "$rid" "$deb" "$rpm"
    make_one tallyman-collector "$rid" "$deb" "$rpm"
done
(cd out/dist && sha256sum ./*.tar.gz ./*.deb ./*.rpm >SHA256SUMS)
ls -l out/dist/*.tar.gz out/dist/*.deb out/dist/*.rpm
