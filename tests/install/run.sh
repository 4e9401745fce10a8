#!/bin/bash
# Installs, upgrades, removes and purges what "make dist" has made in a clean Debian root of the oldest release that it is for, and
# looks at what is left each time. Needs root, debootstrap and rpm. Ends with one line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/../.."

suite=bookworm
work=$(realpath -m out/install)
root=$work/root
passed=0 failed=0

# Says whether something holds.
holds() {
    local what=$1
    shift
    if "$@" >"$work/last" 2>&1; then
        passed=$((passed + 1)) && echo "ok    $what"
    else
        failed=$((failed + 1)) && echo "fail  $what: $*" && sed 's/^/      /' "$work/last" | tail -5
    fi
}

not() { ! "$@"; }
inside() { chroot "$root" "$@"; }

clean_up() {
    [ -z "${agent:-}" ] || kill "$agent" 2>/dev/null
    umount -q "$root/proc" "$root/sys" 2>/dev/null
}
trap clean_up EXIT

# A root with nothing in it but what every Debian has, and OpenSSL: no libbpf, no .NET.
fresh_root() {
    clean_up
    rm -rf "$root"
    mkdir -p "$work"
    [ -e "$work/$suite.tar" ] || {
        echo "Making a root of Debian $suite, which takes some minutes …"
        debootstrap --variant=minbase --include=libssl3 "$suite" "$work/first" http://deb.debian.org/debian >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log"; exit 1; }
        tar -C "$work/first" -cf "$work/$suite.tar" .
        rm -rf "$work/first"
    }
    mkdir -p "$root"
    tar -C "$root" -xf "$work/$suite.tar"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
}

deb() { echo "out/dist/$1_$version$2_amd64.deb"; }

export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
[ -e "$(deb tallyman "")" ] || packaging/dist.sh linux-x64
# The same once more, as a later version.
packaging/deb/build.sh tallyman "$version.1" amd64 out/dist/linux-x64/tallyman "$(deb tallyman .1)"

fresh_root
for package in tallyman tallyman-collector; do
    cp "$(deb $package "")" "$root/tmp/$package.deb"
    holds "$package installs without a question" inside env DEBIAN_FRONTEND=noninteractive dpkg -i "/tmp/$package.deb" </dev/null
    holds "$package has a user of its own" inside getent passwd "$package"
    holds "$package runs, with the libraries that are beside it" inside "$package" --version
    holds "nothing of $package is writable by others" not bash -c "find '$root/usr/lib/$package' '$root/etc/tallyman' -perm /022 ! -type l | grep ."
    holds "$package has manual and completions" inside ls "/usr/share/man/man8/$package.8.gz" "/usr/share/bash-completion/completions/$package" "/usr/share/zsh/vendor-completions/_$package" "/usr/share/fish/vendor_completions.d/$package.fish"
    holds "$package tells the licences of what is in it" inside sh -c "grep -q 'NET runtime' /usr/share/doc/$package/copyright && [ -s /usr/share/doc/$package/licenses/dotnet-third-party ]"
    holds "the files of $package are as they were made" inside dpkg --verify "$package"
done
holds "the shipped settings are right" inside sh -c 'tallyman config show --origin | grep -q "^state: /var/lib/tallyman "'

# An agent in it, with no libbpf on the host, that sees what runs there.
inside tallyman run --print json >"$work/alerts" 2>"$work/log" &
agent=$!
for _ in $(seq 100); do grep -q Watching "$work/log" && break; sleep 0.2; done
inside sh -c 'cp /bin/true /tmp/docker && /tmp/docker run --privileged installed'
for _ in $(seq 100); do grep -q installed "$work/alerts" && break; sleep 0.2; done
holds "it alerts" grep -q '"cmd":"/tmp/docker run --privileged installed"' "$work/alerts"
holds "it has loaded the libbpf beside it" grep -q /usr/lib/tallyman/libbpf.so.1 "/proc/$(pgrep -n -x tallyman)/maps"
pkill -TERM -x -n tallyman
wait "$agent"
agent=

holds "what is not delivered waits" inside sh -c 'tallyman spool export | grep -q installed'
echo "# of the site" >>"$root/etc/tallyman/tallyman.yaml"
cp "$(deb tallyman .1)" "$root/tmp/later.deb"
holds "it is upgraded without a question" inside env DEBIAN_FRONTEND=noninteractive dpkg -i /tmp/later.deb </dev/null
holds "the upgrade keeps the settings of the site" grep -q "of the site" "$root/etc/tallyman/tallyman.yaml"
holds "the upgrade keeps the spool" inside sh -c 'tallyman spool export | grep -q installed'
holds "it is removed" inside dpkg --remove tallyman
holds "its programs are gone" not test -e "$root/usr/bin/tallyman" -o -e "$root/usr/lib/tallyman/tallyman"
holds "its settings stay" test -e "$root/etc/tallyman/tallyman.yaml"
holds "its spool stays" test -e "$root/var/lib/tallyman/spool.db"
holds "it is purged" inside dpkg --purge tallyman
holds "the collector is purged" inside dpkg --purge tallyman-collector
holds "nothing is left of them" not bash -c "find '$root/etc' '$root/usr' '$root/var/lib' -xdev -name '*tallyman*' -not -path '*/dpkg/*' | grep ."
holds "their users are gone" not inside getent passwd tallyman tallyman-collector

# The rpm: what it has, and that its scripts run where there is no systemd.
fresh_root
for package in tallyman tallyman-collector; do
    rpm=out/dist/$package-$version-1.x86_64.rpm
    holds "the rpm of $package is whole" rpm --checksig --nosignature "$rpm"
    holds "it has the same files as the deb" diff <(dpkg-deb -c "$(deb $package "")" | awk '$1 !~ /^d/ { print $6 }' | sed 's|^\.||' | sort) <(rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$rpm" | awk '$1 !~ /^d/ { print $2 }' | sort)
    holds "its settings are marked as such" test -n "$(rpm -qp --configfiles "$rpm")"
    holds "it installs" rpm --root "$root" --nodeps -i "$rpm"
    holds "it runs" inside "$package" --version
    holds "it has a user of its own" inside getent passwd "$package"
    holds "it is removed" rpm --root "$root" --nodeps -e "$package"
    holds "its programs are gone" not test -e "$root/usr/bin/$package"
done

# The same files once more.
packaging/deb/build.sh tallyman "$version" amd64 out/dist/linux-x64/tallyman "$work/again.deb"
holds "two packages of the same files are equal" cmp "$work/again.deb" "$(deb tallyman "")"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
