#!/bin/bash
# Boots a Debian with systemd under qemu's software emulation, installs the packages there, and sees the services live through what
# happens to services: a kill, a reload, an upgrade, a shutdown with a full spool. Needs root, debootstrap, qemu-system-x86 and cpio.
# Ends with one line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/../.."

work=$(realpath -m out/install)
root=$work/boot
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
mkdir -p "$work"
[ -e "out/dist/tallyman_${version}_amd64.deb" ] || packaging/dist.sh linux-x64
packaging/deb/build.sh tallyman "$version.1" amd64 out/dist/linux-x64/tallyman "out/dist/tallyman_$version.1_amd64.deb"

[ -e "$work/systemd.tar" ] || {
    echo "Making a root of Debian with systemd, which takes some minutes …"
    debootstrap --variant=minbase --include=systemd-sysv,dbus,procps bookworm "$work/first" http://deb.debian.org/debian >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log"; exit 1; }
    rm -rf "$work"/first/var/cache/apt/archives/*.deb "$work"/first/var/lib/apt/lists/* "$work"/first/usr/share/{doc,locale,man}/*
    tar -C "$work/first" -cf "$work/systemd.tar" .
    rm -rf "$work/first"
}
rm -rf "$root"
mkdir -p "$root"
tar -C "$root" -xf "$work/systemd.tar"
cp "out/dist/tallyman_${version}_amd64.deb" "$root/root/tallyman.deb"
cp "out/dist/tallyman_$version.1_amd64.deb" "$root/root/later.deb"
cp "out/dist/tallyman-collector_${version}_amd64.deb" "$root/root/collector.deb"
cp tests/install/inside.sh "$root/root/inside.sh"
cat >"$root/etc/systemd/system/inside.service" <<'EOF'
[Unit]
Description=What is tried in here
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /root/inside.sh
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
TimeoutStartSec=infinity
EOF
mkdir -p "$root/etc/systemd/system/default.target.wants"
ln -sf ../inside.service "$root/etc/systemd/system/default.target.wants/inside.service"
ln -sf /dev/null "$root/etc/systemd/system/serial-getty@ttyS0.service"
ln -sf /lib/systemd/systemd "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/boot.img"
rm -rf "$root"

kernel=out/kernels/6.1/vmlinuz
[ -e $kernel ] || tests/kernels/run.sh 6.1 >/dev/null
echo "Booting, which takes some minutes …"
timeout 1500 qemu-system-x86_64 -kernel $kernel -initrd "$work/boot.img" -append "console=ttyS0 quiet panic=-1 systemd.show_status=no" \
    -cpu max -smp 1 -m 3072 -nographic -no-reboot </dev/null >"$work/console" 2>&1
ended=$?

tr -d '\r' <"$work/console" | grep -aE '^(ok   |fail ) ' || true
passed=$(tr -d '\r' <"$work/console" | grep -acE '^ok    ')
failed=$(tr -d '\r' <"$work/console" | grep -acE '^fail  ')
if [ $ended = 0 ] && grep -aq 'shutting down with a full spool' "$work/console"; then
    passed=$((passed + 1)) && echo "ok    it shuts down with a full spool"
else
    failed=$((failed + 1)) && echo "fail  it shuts down with a full spool: see $work/console"
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
