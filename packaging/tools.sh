#!/bin/sh
# Unpacks Debian's docker, podman and ctr, the libraries they need, and promtool into out/tools, where the tests find them.
# Nothing of it is installed, and nothing is started.
set -eu
cd "$(dirname "$0")/.."

if ! command -v apt-get >/dev/null 2>&1; then
    echo "This is no Debian: the tests hold the reader against what is installed." >&2
    exit 69
fi

# Libraries have other names in other releases; those that there are not are left out.
wanted="prometheus docker.io docker-cli podman containerd libgpgme11 libgpgme11t64 libassuan0 libassuan9 libgpg-error0 libsubid4 libsubid5 libseccomp2 libdevmapper1.02.1"
apt-cache show podman >/dev/null 2>&1 || apt-get update -qq >&2
packages=
for package in $wanted; do
    if apt-cache show "$package" >/dev/null 2>&1; then
        packages="$packages $package"
    fi
done

rm -rf out/tools
mkdir -p out/tools/packages
echo "Downloading$packages" >&2
# shellcheck disable=SC2086 # a list of words
(cd out/tools/packages && apt-get download -qq $packages)
for package in out/tools/packages/*.deb; do
    dpkg-deb -x "$package" out/tools
done
rm -r out/tools/packages
chmod -R go+rX out/tools
touch out/tools/.unpacked
