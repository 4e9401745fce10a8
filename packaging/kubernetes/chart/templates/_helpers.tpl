{{/* repository@digest, or repository:tag. */}}
{{- define "tallyman.image" -}}
{{ .image.repository }}{{ if .image.digest }}@{{ .image.digest }}{{ else }}:{{ .image.tag | default .version }}{{ end }}
{{- end }}

{{- define "tallyman.labels" -}}
app.kubernetes.io/part-of: tallyman
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Whether there is anything to deliver to. */}}
{{- define "tallyman.delivers" -}}
{{ if or .Values.collector.enabled .Values.collectors }}yes{{ end }}
{{- end }}

{{/* The settings of every agent. */}}
{{- define "tallyman.configuration" -}}
{{- $made := dict "source" .Values.source "log" "json" }}
{{- if include "tallyman.delivers" . }}
{{- $own := list (printf "https://tallyman-collector.%s.svc:7610" .Release.Namespace) }}
{{- $_ := set $made "collectors" (.Values.collectors | default $own) }}
{{- $_ := set $made "tls" (dict "cert" "/etc/tallyman/tls/tls.crt" "key" "/etc/tallyman/tls/tls.key" "ca" "/etc/tallyman/tls/ca.crt") }}
{{- else }}
{{- $_ := set $made "print" "json" }}
{{- end }}
{{- toYaml (mergeOverwrite $made .Values.configuration) }}
{{- end }}

{{/* Nodes as both are built for. */}}
{{- define "tallyman.architectures" -}}
nodeAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    nodeSelectorTerms:
      - matchExpressions:
          - key: kubernetes.io/arch
            operator: In
            values: [amd64, arm64]
{{- end }}

{{- define "tallyman.dns" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
  ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
{{- end }}
