#!/bin/sh
# Installs what building or testing needs and this machine has not. Debian and its like: by apt-get, as root.
# Elsewhere it says what to install and ends with 69.
#
#   packaging/prerequisites.sh build|test|dist|install|kernels
set -eu
PATH=$PATH:/usr/sbin:/sbin # not of every user

have() {
    command -v "$1" >/dev/null 2>&1
}

# What is missing, as "what it is for:Debian's package:how others call it", one a line.
missing() {
    have clang || echo "clang, which compiles the BPF program:clang:clang"
    have llvm-strip || echo "llvm-strip:llvm:llvm"
    [ -e /usr/include/bpf/bpf_core_read.h ] || echo "the headers of libbpf 1.0 or later:libbpf-dev:libbpf-devel"
    [ -e /usr/include/linux/bpf.h ] || echo "the kernel's headers for user space:linux-libc-dev:kernel-headers"
    ldconfig -p 2>/dev/null | grep -q 'libbpf\.so\.1' || echo "libbpf 1.0 or later:libbpf1:libbpf"
    if [ "$1" = test ]; then
        [ -e /usr/include/stdio.h ] || echo "the headers of the C library:libc6-dev:glibc-devel"
        have clang-format || echo "clang-format:clang-format:clang-tools-extra"
        have node || echo "Node.js 18 or later, for gRPC's interoperability:nodejs:nodejs"
        have npm || echo "npm:npm:npm"
        /usr/bin/python3 -c 'import grpc' 2>/dev/null || echo "Python's grpcio, for gRPC's interoperability:python3-grpcio:python3-grpcio"
        have setpriv || echo "setpriv and unshare:util-linux:util-linux"
        have ip || echo "ip, which makes networks:iproute2:iproute"
        have mkfs.ext4 || echo "mkfs.ext4, for disks that break:e2fsprogs:e2fsprogs"
        have losetup || echo "mount and losetup:mount:util-linux"
        have bash || echo "bash:bash:bash"
        [ -x /sbin/auditd ] || echo "auditd, which the tests start with a configuration of their own:auditd:audit"
        have pg_config && [ -x "$(pg_config --bindir)/initdb" ] || echo "PostgreSQL, for the store of many collectors:postgresql:postgresql-server"
    fi
    if [ "$1" = dist ]; then
        have gcc || echo "gcc, which links libbpf:gcc:gcc"
        have jq || echo "jq:jq:jq"
        have curl || echo "curl:curl:curl"
        have bzip2 || echo "bzip2:bzip2:bzip2"
        have dpkg-deb || echo "dpkg-deb:dpkg:dpkg"
        have rpmbuild || echo "rpmbuild:rpm:rpm-build"
    fi
    if [ "$1" = install ]; then
        have debootstrap || echo "debootstrap:debootstrap:debootstrap"
        have qemu-system-x86_64 || echo "qemu, which boots a machine:qemu-system-x86:qemu-system-x86"
        have cpio || echo "cpio:cpio:cpio"
    fi
    if [ "$1" = kernels ]; then
        have qemu-system-x86_64 || echo "qemu, which runs other kernels:qemu-system-x86:qemu-system-x86"
        [ -e /bin/busybox ] || echo "busybox, linked statically:busybox-static:busybox"
        have cpio || echo "cpio:cpio:cpio"
        have curl || echo "curl:curl:curl"
        have xz || echo "xz:xz-utils:xz"
    fi
}

if ! have dotnet || ! dotnet --list-sdks | grep -q '^10\.'; then
    echo "The .NET 10 SDK is missing: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    exit 69
fi

wanted=$(missing "$1")
[ -n "$wanted" ] || exit 0

echo "Missing on this machine:" >&2
echo "$wanted" | sed 's/^\([^:]*\):.*/  \1/' >&2
if ! have apt-get; then
    echo "This is no Debian, so install these yourself and start again; Fedora and its like call them" >&2
    echo "  $(echo "$wanted" | cut -d: -f3 | sort -u | tr '\n' ' ')" >&2
    exit 69
fi
packages=$(echo "$wanted" | cut -d: -f2 | sort -u | tr '\n' ' ')
if [ "$(id -u)" != 0 ]; then
    echo "Install them as root and start again:" >&2
    echo "  apt-get install -y $packages" >&2
    exit 77
fi
echo "Installing $packages" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends $packages >&2
if [ -n "$(missing "$1")" ]; then
    echo "Still missing after that:" >&2
    missing "$1" | sed 's/^\([^:]*\):.*/  \1/' >&2
    exit 69
fi
