// The parts of the harness that need no control plane: a mistake here would make every end-to-end test lie.

import t from 'tap'
import { existingCluster, findAssets, sumOf, until, webhookCalls } from './control-plane.ts'
import { commandsOf, documentedCommands } from './documented.ts'
import { callLocally } from './webhook.ts'

t.test('findAssets names what is missing, in a sentence', async (t) => {
  const { assets, reason } = findAssets({ KUBEBUILDER_ASSETS: '/nowhere' })
  t.equal(assets, undefined)
  t.match(reason, /^There is no control plane .*\/nowhere\/etcd.*\.$/)
})

t.test('existingCluster needs its context to be named', async (t) => {
  t.equal(existingCluster({ PATH: process.env.PATH, KUBECONFIG: '/home/somebody/.kube/production' }), undefined)
})

t.test('until', async (t) => {
  t.test('returns the first answer that is one', async (t) => {
    const answers = [undefined, false, 7] as const
    let probes = 0
    t.equal(await until('seven', async () => answers[probes++], { intervalMs: 1 }), 7)
  })
  t.test('gives up, and tells why the last probe failed', async (t) => {
    const refused = async () => {
      throw new Error('connection refused')
    }
    await t.rejects(until('nothing', refused, { timeoutMs: 5, intervalMs: 1 }), {
      message: 'gave up after 5 ms waiting for nothing: connection refused'
    })
  })
  t.test('ends at once when there is no hope', async (t) => {
    const stillHopeful = () => {
      throw new Error('it has died')
    }
    await t.rejects(
      until('nothing', async () => 1, { stillHopeful }),
      { message: 'it has died' }
    )
  })
})

t.test('webhookCalls adds up the series of a webhook', async (t) => {
  const metrics = `
# TYPE apiserver_admission_webhook_request_total counter
apiserver_admission_webhook_request_total{code="200",name="a.holdfast.dev",operation="CREATE",rejected="false",type="admit"} 3
apiserver_admission_webhook_request_total{code="200",name="a.holdfast.dev",operation="UPDATE",rejected="true",type="admit"} 1e+02
apiserver_admission_webhook_request_total{code="200",name="aa.holdfast.dev",operation="UPDATE",rejected="true",type="admit"} 5
apiserver_admission_webhook_request_total_other{name="a.holdfast.dev"} 7
process_open_fds 11
`
  t.equal(webhookCalls(metrics), 108)
  t.equal(webhookCalls(metrics, 'a.holdfast.dev'), 103)
  t.equal(webhookCalls(metrics, 'never.called'), 0)
  const rejected = { name: 'a.holdfast.dev', rejected: 'true' }
  t.equal(sumOf(metrics, 'apiserver_admission_webhook_request_total', rejected), 100)
  t.equal(sumOf(metrics, 'process_open_fds'), 11)
})

t.test('callLocally', async (t) => {
  const server = { port: 1234, caBundle: 'Q0E=' }
  const service = { name: 'holdfast', namespace: 'holdfast', path: '/mutate/audit', port: 443 }
  const configuration = {
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'holdfast' },
    webhooks: [{ name: 'a.holdfast.dev', clientConfig: { service }, timeoutSeconds: 3 }]
  }

  t.test('replaces the Service by the local server, and nothing else', async (t) => {
    const before = structuredClone(configuration)
    t.strictSame(callLocally(configuration, server), {
      ...configuration,
      webhooks: [
        {
          name: 'a.holdfast.dev',
          clientConfig: { url: 'https://127.0.0.1:1234/mutate/audit', caBundle: 'Q0E=' },
          timeoutSeconds: 3
        }
      ]
    })
    t.strictSame(configuration, before, 'its input is untouched')
  })
  t.test('refuses what it cannot rewrite', async (t) => {
    t.throws(() => callLocally({ ...configuration, kind: 'Service' }, server), /a Service is not a webhook/)
    const elsewhere = [{ name: 'b.holdfast.dev', clientConfig: {} }]
    t.throws(() => callLocally({ ...configuration, webhooks: elsewhere }, server), /b\.holdfast\.dev does not call/)
  })
})

t.test('documented commands', async (t) => {
  t.test('are the indented blocks of one section', async (t) => {
    const [commands = '', reports, ...more] = documentedCommands('docs/uninstall.md', 'Delete the objects')
    t.match(commandsOf(commands), Array(4).fill(/^kubectl (delete|label) .*\n$/))
    t.match(reports, /^kubectl delete reports/)
    t.strictSame(more, [])
  })
  t.test('go on in the next line', async (t) => {
    const script = 'one \\\n  --flag\ntwo |\n  three &&\n  four\nfive\n'
    t.strictSame(commandsOf(script), ['one \\\n  --flag\n', 'two |\n  three &&\n  four\n', 'five\n'])
  })
  t.test('have to be there', async (t) => {
    t.throws(() => documentedCommands('docs/uninstall.md', 'Nothing'), /no command below "Nothing"/)
  })
})
