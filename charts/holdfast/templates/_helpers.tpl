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

{{- /* What the Pods of helm test have in common. */ -}}
{{- define "holdfast.testPod" -}}
restartPolicy: Never
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
{{- toYaml . | nindent 2 }}
{{- end }}
nodeSelector:
{{- toYaml .Values.nodeSelector | nindent 2 }}
{{- with .Values.tolerations }}
tolerations:
{{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "holdfast.testContainer" -}}
resources:
  requests:
    cpu: 50m
    memory: 64Mi
  limits:
    memory: 256Mi
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}

{{- /* Before the Pods, and gone after them, also where a Pod has failed. */ -}}
{{- define "holdfast.testPermission" -}}
labels:
  app.kubernetes.io/name: holdfast-test
annotations:
  helm.sh/hook: test
  helm.sh/hook-weight: "-1"
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
