{{- define "shopkeeper.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "shopkeeper.selector" -}}
app.kubernetes.io/name: shopkeeper
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "shopkeeper.labels" -}}
{{ include "shopkeeper.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end -}}
