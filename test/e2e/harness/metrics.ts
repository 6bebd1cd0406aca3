// What kube-apiserver counts about the webhooks it calls.

/**
 * The sum of all series of one metric whose labels have these values. 0 where there are none: kube-apiserver shows a
 * counter only once it has counted.
 *
 * @param metricsText a Prometheus text exposition, as `/metrics` answers
 */
export function sumOf(metricsText: string, metric: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  let sum = 0
  for (const line of metricsText.split('\n')) {
    const [, name, series = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? []
    if (name !== metric) continue
    const pairs: string[] = series.match(/\w+="(?:[^"\\]|\\.)*"/g) ?? []
    if (wanted.every((pair) => pairs.includes(pair))) sum += Number(value)
  }
  return sum
}

/**
 * How often kube-apiserver has called webhooks since it started, whatever came of it; dry runs count too.
 *
 * @param webhookName the `name` of an entry in a webhook configuration; without it, all entries of all configurations
 */
export function webhookCalls(metricsText: string, webhookName?: string): number {
  return sumOf(
    metricsText,
    'apiserver_admission_webhook_request_total',
    webhookName === undefined ? {} : { name: webhookName }
  )
}
