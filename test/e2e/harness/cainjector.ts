// What cert-manager's cainjector (1.21) does to webhook configurations, without cert-manager.

import { KubeConfig, type KubernetesObject, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node'
import type { Cluster } from './control-plane.ts'
import type { Configuration } from './suite.ts'

const FIELD_MANAGER = 'cert-manager-cainjector'
const INJECT = 'cert-manager.io/inject-ca-from'
const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?/gs

type Stored = Configuration & KubernetesObject & { metadata: { annotations?: Record<string, string> } }

export interface Cainjector {
  /** Adds the certificate to the `caBundle` of each entry, where the annotation asks for it. What is there stays. */
  inject(ca: string): Promise<void>
}

/**
 * By a forced server-side apply that has the `caBundle` of each entry and nothing else, so that it owns a field of each.
 * Not by kubectl: `kubectl apply --server-side` takes what a client-side apply owned over to its own field manager.
 */
export async function cainjectorOf({ kubectl }: Cluster): Promise<Cainjector> {
  const { stdout } = await kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'])
  const config = new KubeConfig()
  config.loadFromString(stdout)
  const api = KubernetesObjectApi.makeApiClient(config)

  const injectInto = async (kind: string, ca: string): Promise<void> => {
    const header = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: 'holdfast' } }
    const { metadata, webhooks = [] } = await api.read<Stored>(header)
    if (metadata.annotations?.[INJECT] === undefined) return
    const owned = webhooks.map(({ name, clientConfig }) => ({
      name,
      clientConfig: { caBundle: merged(clientConfig.caBundle, ca) }
    }))
    const patch = { ...header, webhooks: owned }
    await api.patch(patch, undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply)
  }
  return {
    async inject(ca) {
      for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']) await injectInto(kind, ca)
    }
  }
}

function merged(caBundle: string | undefined, ca: string): string {
  return Buffer.from([...new Set([...certificatesIn(caBundle), ...(ca.match(CERTIFICATE) ?? [])])].join('')).toString(
    'base64'
  )
}

/** The certificates in a `caBundle`, each as PEM. */
export function certificatesIn(caBundle: string | undefined): string[] {
  return (
    Buffer.from(caBundle ?? '', 'base64')
      .toString()
      .match(CERTIFICATE) ?? []
  )
}
