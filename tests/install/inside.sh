#!/bin/bash
# What tests/install/boot.sh has systemd run in the machine that it boots.
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
cd /root || exit

# Says whether something comes to hold within some minutes: everything is emulated.
holds() {
    local what=$1
    shift
    for _ in $(seq 120); do
        if bash -c "$*" >/tmp/last 2>&1; then
            echo "ok    $what"
            return
        fi
        sleep 1
    done
    echo "fail  $what: $(tail -c 300 /tmp/last | tr '\n' ' ')"
}
stored() { echo "tallyman-collector export --data /var/lib/tallyman-collector | grep -q '\"image\":\"$1\"'"; }

mkdir -p /etc/tallyman/conf.d
printf 'collectors: ["http://127.0.0.1:7610"]\nspool: {size: 16MiB}\n' >/etc/tallyman/conf.d/boot.yaml
dpkg -i collector.deb tallyman.deb >/tmp/dpkg 2>&1 || { echo "fail  the packages are installed"; cat /tmp/dpkg; }
holds "the collector runs" systemctl is-active tallyman-collector
holds "the agent runs, and says what it does" "systemctl is-active tallyman && systemctl show -p StatusText tallyman | grep -q 'Seeing\|ebpf\|healthy'"
holds "it runs as its own user" "[ \$(stat -c %U /proc/\$(systemctl show -p MainPID --value tallyman)) = tallyman ] || ps -o user= -p \$(systemctl show -p MainPID --value tallyman) | grep -q tallyman"
cp /bin/true docker
./docker run --privileged first
holds "an alert is at the collector" "$(stored first)"
# Emulated, a program that starts itself once more takes longer than selftest waits; what needs no second start does not.
holds "what a selftest executes comes back through the whole chain" "tallyman selftest >/tmp/selftest; [ \$(grep -cE '^ok    (execve|long argv|setuid|delivery) ' /tmp/selftest) = 4 ]"
systemctl kill -s KILL tallyman
holds "killed, it is started again" "systemctl is-active tallyman && systemctl show -p NRestarts --value tallyman | grep -qv '^0'"
./docker run --privileged second
holds "it alerts as before" "$(stored second)"
holds "it tells for how long nothing was seen" "tallyman-collector export gaps --data /var/lib/tallyman-collector | grep -q agent_restart"
echo 'redaction: {secret_names: [acme]}' >/etc/tallyman/conf.d/site.yaml
systemctl reload tallyman
holds "it takes a change" "tallyman-collector export trail --data /var/lib/tallyman-collector | grep -q configuration_taken"
systemctl stop tallyman-collector
./docker run --privileged third
dpkg -i later.deb >/tmp/dpkg 2>&1 || echo "fail  it is upgraded: $(tail -1 /tmp/dpkg)"
systemctl start tallyman-collector
holds "upgraded, it delivers what waited" "$(stored third)"
holds "the service is that of the later package" "systemctl is-active tallyman && dpkg -s tallyman | grep -q '^Version: .*\.1$'"
systemctl stop tallyman-collector
word=$(head -c 120000 /dev/zero | tr '\0' x)
for i in $(seq 200); do ./docker run --privileged --label "$i=$word" full; done
holds "the spool is full, and what had to go is counted" "tallyman status --json | grep -q '\"spool_evicted\":[1-9]'"
echo "shutting down with a full spool"
systemctl poweroff
