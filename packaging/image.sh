#!/bin/bash
# Makes an image of a program as an OCI layout in a .tar, of nothing but what it needs: itself, the C library and its loader, OpenSSL,
# authorities of certificates. Nothing is pulled, and no engine is needed; "docker load" and "podman load" take it.
#
#   packaging/image.sh tallyman|tallyman-collector FILE
set -euo pipefail
cd "$(dirname "$0")/.."

program=$1 file=$(realpath -m "$2")
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} TZ=UTC LC_ALL=C
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
staged=out/dist/linux-x64/$program
[ -d "$staged" ] || { echo "make dist comes first" >&2; exit 69; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

root=$work/root
install -d "$root"/{usr/bin,etc/ssl/certs,proc,sys,tmp,"var/lib/$program"} "$root/usr/lib/$program"
chmod 1777 "$root/tmp"
cp "$staged/usr/lib/$program"/* "$root/usr/lib/$program/"
ln -s "../lib/$program/$program" "$root/usr/bin/$program"
install -d "$root/usr/share/doc"
cp -r "$staged/usr/share/doc/$program" "$root/usr/share/doc/"
[ ! -d "$staged/etc/tallyman" ] || cp -r "$staged/etc/tallyman" "$root/etc/"

# What it is linked to, and what the runtime opens by name. Their licences are those of Debian's packages.
for library in $({ ldd "$root/usr/lib/$program"/*; ldconfig -p | grep -E '\blib(ssl|crypto)\.so\.3 .*x86-64'; } | grep -oE '/[^ )]+' | grep -E '\.so' | grep -v "^$work" | sort -u); do
    install -D -m 755 "$(realpath "$library")" "$root$library"
    package=$({ dpkg -S "$library" || dpkg -S "$(realpath "$library")" || true; } 2>/dev/null | cut -d: -f1 | head -1)
    [ -z "$package" ] || install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
done
install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf 'root:x:0:0:root:/:/sbin/nologin\n%s:x:65532:65532::/:/sbin/nologin\n' "$program" >"$root/etc/passwd"
printf 'root:x:0:\n%s:x:65532:\n' "$program" >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

layout=$work/layout
blobs=$layout/blobs/sha256
mkdir -p "$blobs"
# Puts a file among the blobs; prints its descriptor without its type.
blob() {
    local digest size
    digest=$(sha256sum "$1" | cut -d' ' -f1)
    size=$(stat -c %s "$1")
    mv "$1" "$blobs/$digest"
    printf '"digest":"sha256:%s","size":%s' "$digest" "$size"
}

tar --sort=name --owner=0 --group=0 --numeric-owner -C "$root" -cf "$work/layer.tar" .
diff_id=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
gzip -9n "$work/layer.tar"
layer=$(blob "$work/layer.tar.gz")
user=$([ "$program" = tallyman ] || echo 65532:65532)
command=$([ "$program" = tallyman ] && echo '"run"' || echo "\"serve\",\"--data\",\"/var/lib/$program\"")
labels="\"org.opencontainers.image.title\":\"$program\",\"org.opencontainers.image.version\":\"$version\",\"org.opencontainers.image.revision\":\"$(git rev-parse HEAD)\",\"org.opencontainers.image.licenses\":\"Apache-2.0\",\"org.opencontainers.image.created\":\"$created\""
printf '{"created":"%s","architecture":"amd64","os":"linux","config":{"User":"%s","Env":["PATH=/usr/bin","HOME=/","SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],"Entrypoint":["/usr/bin/%s"],"Cmd":[%s],"WorkingDir":"/","Labels":{%s}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"%s","created_by":"packaging/image.sh"}]}' \
    "$created" "$user" "$program" "$command" "$labels" "$diff_id" "$created" >"$work/config"
config=$(blob "$work/config")
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json",%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",%s}]}' "$config" "$layer" >"$work/manifest"
manifest=$(blob "$work/manifest")
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",%s,"annotations":{"org.opencontainers.image.ref.name":"%s","io.containerd.image.name":"docker.io/library/%s:%s"}}]}' \
    "$manifest" "$version" "$program" "$version" >"$layout/index.json"
printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$layout" -cf "$file" .
echo "$file: $(($(stat -c %s "$file") / 1000000)) MB, $(du -sm --apparent-size "$root" | cut -f1) MiB unpacked"
