#!/bin/sh
# Certificates for trying mutual TLS out: an authority, a collector on this machine, and an agent. The authority's key lies
# beside them, so they are for nothing else. Run it again for another agent, or to have those of the collector and of this
# agent anew; the authority stays.
#
#   packaging/dev-certs.sh DIR [AGENT_ID [DAYS]]
#
# Without AGENT_ID the agent is that of this machine.
set -eu
[ $# -ge 1 ] || { sed -n 's/^#   /usage: /p' "$0" >&2; exit 64; }
directory=$1
days=${3:-30}
# As agent/Sources/HostIdentityReader.cs has it.
agent=${2:-$(printf 'tallyman host id' | openssl dgst -sha256 -hmac "$(cat /etc/machine-id)" -r | cut -c1-32)}
umask 077
mkdir -p "$directory"
cd "$directory"

if ! [ -e ca.key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 365 \
        -subj "/CN=Tallyman development authority" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
fi

# issue NAME PURPOSE ALTERNATIVE_NAMES: the key is in place before the certificate, and each at once.
issue() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key.new" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
    printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=%s\nsubjectAltName=%s\n' "$2" "$3" > "$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$days" -extfile "$1.ext" -out "$1.pem.new" 2>/dev/null
    mv "$1.key.new" "$1.key"
    mv "$1.pem.new" "$1.pem"
    rm "$1.csr" "$1.ext"
}

issue server serverAuth "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1"
issue "agent-$agent" clientAuth "URI:spiffe://dev/tallyman/$agent"
echo "In $directory: ca.pem; server.pem, server.key for the collector; agent-$agent.pem, agent-$agent.key for the agent." >&2
