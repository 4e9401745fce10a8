#!/bin/bash
# Boots Debian's kernels under qemu's software emulation, with the built agent in an initramfs, and sees it find executions
# there. Needs qemu-system-x86, busybox-static, cpio, curl and xz-utils; fetches the kernels from Debian.
#
#   tests/kernels/run.sh            all of them
#   tests/kernels/run.sh 5.10 6.1   those
set -euo pipefail
cd "$(dirname "$0")/../.."

mirror=http://deb.debian.org
work=out/kernels
# version: archive, suite and the beginning of the package's name
declare -A kernels=(
    [5.10]="debian-security bullseye-security linux-image-5.10."
    [6.1]="debian bookworm linux-image-6.1."
    [6.12]="debian trixie linux-image-6.12."
    [sid]="debian sid linux-binary-"
)

# Prints the path of the kernel image of a version, fetching it if it is not here yet.
fetch() {
    local archive suite prefix package
    read -r archive suite prefix <<<"${kernels[$1]}"
    if [ ! -e "$work/$1/vmlinuz" ]; then
        mkdir -p "$work/$1"
        package=$(curl -sf "$mirror/$archive/dists/$suite/main/binary-amd64/Packages.xz" | xz -dc |
            awk -v prefix="/$prefix" '/^Filename: / && index($2, prefix) && /cloud-amd64_/ && !/dbg|unsigned/ { file = $2 } END { print file }')
        [ -n "$package" ] || { echo "$suite has no cloud kernel any more" >&2; return 1; }
        curl -sf -o "$work/$1/package.deb" "$mirror/$archive/$package"
        dpkg-deb --fsys-tarfile "$work/$1/package.deb" | tar -x -C "$work/$1" --wildcards --transform 's|.*/||' '*/vmlinuz*'
        mv "$work/$1"/vmlinuz-* "$work/$1/vmlinuz" 2>/dev/null || true
    fi
    echo "$work/$1/vmlinuz"
}

# Puts the agent and what it needs into an initramfs.
pack() {
    local root=$work/root library
    rm -rf "$root"
    mkdir -p "$root"/{bin,proc,sys,dev,tmp,srv}
    cp /bin/busybox out/tests/launch "$root/bin/"
    cp out/tallyman "$root/srv/"
    cp tests/kernels/init.sh "$root/init"
    for library in $(ldd out/tallyman out/tests/launch | grep -o '/lib[^ )]*' | sort -u) $(ldconfig -p | sed -n 's/.*\(libbpf\.so\.1\|libelf\.so\.1\|libz\.so\.1\|libgcc_s\.so\.1\|libssl\.so\.3\|libcrypto\.so\.3\|libzstd\.so\.1\) .*=> //p'); do
        mkdir -p "$root/$(dirname "$library")"
        cp -L "$library" "$root/$library"
    done
    (cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initramfs"
}

# Boots one kernel and compares what its agent printed with what it must have seen.
try() {
    local image log=$work/$1/console missing=0
    image=$(fetch "$1") || { echo "$1: skipped, it cannot be fetched"; skipped=$((skipped + 1)); return; }
    # One processor: emulated, several of them trip over code that the kernel rewrites while it boots.
    timeout 600 qemu-system-x86_64 -kernel "$image" -initrd "$work/initramfs" -append "console=ttyS0 quiet panic=-1" \
        -cpu max -smp 1 -m 1024 -nographic -no-reboot </dev/null >"$log" 2>&1 || true
    for expected in \
        '"cmd":"/srv/docker run --privileged -v /:/host alpine by-name".*"identified_by":"name"' \
        '"flags":"CRITICAL by-name"' \
        'by-descriptor.*"proc":"/srv/docker"' \
        'by-directory".*"cwd":"/tmp"' \
        'megabytes.*"truncated":false' \
        'events_at_start 1,' \
        'lost nothing'; do
        grep -qE -- "$expected" "$log" || { missing=1; echo "$1: not seen: $expected"; }
    done
    ! grep -q 'does not tell of the running' "$log" || { missing=1; echo "$1: the iterator over tasks fails"; }
    if [ "$missing" = 0 ]; then
        echo "$1: passed on Linux $(sed -n 's/.*running \([^ ]*\) here.*/\1/p' "$log" | tr -d '\r')"
        passed=$((passed + 1))
    else
        echo "$1: failed, see $log"
        failed=$((failed + 1))
    fi
}

passed=0 failed=0 skipped=0
mkdir -p "$work"
pack
for version in "${@:-5.10 6.1 6.12 sid}"; do
    for each in $version; do
        try "$each"
    done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
