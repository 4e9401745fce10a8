#!/bin/bash
# Puts what is installed of one program under a directory, as it lies on a host. The same commit gives the same bytes.
#
#   packaging/stage.sh tallyman|tallyman-collector RID DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."

program=$1 rid=$2 root=$3
case $program in
    tallyman) project=agent libraries="libe_sqlite3.so libbpf.so.1" ;;
    tallyman-collector) project=collector libraries="libe_sqlite3.so" ;;
esac
built=out/dist/$rid/$program.build

rm -rf "$root" "$built"
dotnet publish "$project" -c Release -r "$rid" -o "$built" -p:DebugType=none -p:ContinuousIntegrationBuild=true --nologo -v quiet
[ "$project" != agent ] || cp "out/dist/$rid/libbpf/libbpf.so.1" "$built/"

install -d "$root/usr/bin" "$root/usr/lib/$program" "$root/usr/lib/systemd/system" "$root/usr/lib/sysusers.d"
install -m 755 "$built/$program" "$root/usr/lib/$program/"
for library in $libraries; do
    install -m 644 "$built/$library" "$root/usr/lib/$program/"
done
ln -s "../lib/$program/$program" "$root/usr/bin/$program"
install -m 644 "packaging/systemd/$program.service" "$root/usr/lib/systemd/system/"
install -m 644 "packaging/sysusers/$program.conf" "$root/usr/lib/sysusers.d/"

if [ "$project" = agent ]; then
    install -d "$root/etc/tallyman/conf.d" "$root/etc/tallyman/rules.d" "$root/usr/share/tallyman"
    install -m 644 packaging/etc/tallyman.yaml "$root/etc/tallyman/"
    install -m 644 packaging/etc/{exceptions.yaml,tallyman.schema.json} packaging/audit/tallyman.rules packaging/prometheus/tallyman.rules.yml "$root/usr/share/tallyman/"
    install -m 644 packaging/grafana/tallyman.json "$root/usr/share/tallyman/grafana.json"
else
    install -d "$root/etc/tallyman"
    install -m 644 packaging/etc/collector.conf "$root/etc/tallyman/"
fi

# Manual and completions are of this machine's kind; they say the same for every other.
install -d "$root/usr/share/man/man8" "$root/usr/share/man/man5" "$root/usr/share/bash-completion/completions" "$root/usr/share/zsh/vendor-completions" "$root/usr/share/fish/vendor_completions.d"
"out/$program" man 8 | gzip -9n >"$root/usr/share/man/man8/$program.8.gz"
[ "$project" != agent ] || out/tallyman man 5 | gzip -9n >"$root/usr/share/man/man5/tallyman.yaml.5.gz"
"out/$program" completion bash >"$root/usr/share/bash-completion/completions/$program"
"out/$program" completion zsh >"$root/usr/share/zsh/vendor-completions/_$program"
"out/$program" completion fish >"$root/usr/share/fish/vendor_completions.d/$program.fish"

packaging/licenses.sh "$project" "$rid" "$root/usr/share/doc/$program"
find "$root" -type d -empty -path '*/man5' -delete
chmod -R u=rwX,go=rX "$root"
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
