import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { nameOfObject, specOf } from '../../core/objects/metadata.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../../core/values/json.ts'
import type { Known, ServedCertificate } from '../../doctor/evidence.ts'
import { messageOf } from '../../errors.ts'
import type { Connection } from '../../kubernetes/kubeconfig.ts'
import type { Probe } from '../../kubernetes/probe.ts'
import { volumesOf } from './mode-reader.ts'
import { readObject } from './readers.ts'

const KEY = 'tls.crt'
const TIMEOUT_MS = 5000

/**
 * The certificate that the replicas serve: in the cluster by asking one of them, and from outside out of the Secret, where
 * it may be read. The proxy of the API server would verify nothing and show no certificate.
 */
export async function readServed(
  probe: Probe,
  { isInCluster }: Connection,
  namespace: string,
  deployment: JsonObject | undefined,
  service: JsonObject | undefined
): Promise<Known<ServedCertificate>> {
  if (isInCluster && service !== undefined) {
    const asked = await servedAt(`${nameOfObject(service)}.${namespace}.svc`, portOf(service))
    if ('value' in asked) return asked
  }
  const name = secretOf(deployment)
  const secret = await readObject(probe, `/api/v1/namespaces/${namespace}/secrets/${name}`)
  if (!('value' in secret)) return secret
  const data = textOf(objectOf(secret.value?.data)[KEY])
  if (data === undefined) return { unknown: `there is no Secret ${name} with ${KEY} in ${namespace}` }
  return { value: { source: `the Secret ${name}`, pem: Buffer.from(data, 'base64').toString('latin1') } }
}

function secretOf(deployment: JsonObject | undefined): string {
  const volumes = volumesOf(deployment)
  const projected = volumes.flatMap((volume) =>
    listOf(objectOf(volume.projected).sources).map((source) => objectOf(objectOf(source).secret))
  )
  const found = projected.find(({ items }) => listOf(items).some((item) => objectOf(item).key === KEY))
  const plain = volumes.map((volume) => textOf(objectOf(volume.secret).secretName)).find((name) => name !== undefined)
  return textOf(found?.name) ?? plain ?? 'holdfast-tls'
}

function portOf(service: JsonObject): number {
  const [port] = listOf(specOf(service).ports).map((item) => objectOf(item).port)
  return typeof port === 'number' ? port : 443
}

/**
 * The chain that a server presents, the leaf first. Verifies nothing: that is what it is fetched for.
 *
 * @param host which is also the name that is asked for
 */
export async function servedAt(host: string, port: number): Promise<Known<ServedCertificate>> {
  const socket = connectTls({
    host,
    port,
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: false,
    timeout: TIMEOUT_MS
  })
  socket.once('timeout', () => socket.destroy(new Error('no answer')))
  try {
    await once(socket, 'secureConnect')
    const chain: string[] = []
    let certificate = socket.getPeerX509Certificate()
    // The last one is its own issuer, or knows none.
    while (certificate !== undefined && !chain.includes(certificate.toString())) {
      chain.push(certificate.toString())
      certificate = certificate.issuerCertificate
    }
    return { value: { source: `the answer of ${host}`, pem: chain.join('\n') } }
  } catch (error) {
    return { unknown: messageOf(error) }
  } finally {
    socket.destroy()
  }
}
