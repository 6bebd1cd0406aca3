{{- /* The image of the webhook and of the scan. With a digest, the tag only tells a reader the version. */ -}}
{{- define "holdfast.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- printf "%s:%s%s" .Values.image.repository $tag (.Values.image.digest | empty | ternary "" (printf "@%s" .Values.image.digest)) | quote -}}
{{- end -}}

{{- /* The configuration file. */ -}}
{{- define "holdfast.configuration" -}}
apiVersion: holdfast.dev/v1alpha1
kind: HoldfastConfiguration
{{- with .Values.configuration }}
{{ toYaml . }}
{{- end }}
{{- end -}}
