// Somebody else's mutating webhook, as sidecar injectors are: it runs in this process and patches every Pod alike.

import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { issueCertificates } from '../../../src/certificates/issue.ts'
import type { LocalServer } from './webhook.ts'

export interface Injector extends LocalServer {
  stop(): Promise<void>
}

/** Starts it on a free port. The operations are those of a JSON Patch. */
export async function startInjector(address: string, operations: readonly object[]): Promise<Injector> {
  const { ca, certificate, privateKey } = await issueCertificates([address], 1, new Date())
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64')
  const server = createServer({ cert: certificate, key: privateKey }, async (request, response) => {
    const { uid } = JSON.parse(await text(request)).request
    const answer = { uid, allowed: true, patchType: 'JSONPatch', patch }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve))
  return {
    address,
    port: (server.address() as AddressInfo).port,
    caBundle: Buffer.from(ca).toString('base64'),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      // The API server keeps its connections open for longer than anybody wants to wait.
      server.closeAllConnections()
      await closed
    }
  }
}

/** A configuration by which the API server sends it the Pods of one namespace, after the webhooks of "holdfast". */
export function injectorConfiguration(namespace: string, { address, port, caBundle }: LocalServer) {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    // Configurations are called in the order of their names.
    metadata: { name: `sidecar-injector-${namespace}` },
    webhooks: [
      {
        name: 'sidecar-injector.example.com',
        admissionReviewVersions: ['v1'],
        clientConfig: { url: `https://${address}:${port}/`, caBundle },
        failurePolicy: 'Fail',
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        sideEffects: 'None'
      }
    ]
  }
}
