import { ROTATE_ANNOTATION, SECRET_KEYS, type SecretTexts } from '../../certificates/rotation-secret.ts'
import { certificatesIn, withCertificates, withoutCertificates } from '../../certificates/trust-bundle.ts'
import { annotationsOf, metadataOf } from '../../core/objects/metadata.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../../core/values/json.ts'
import { HoldfastError } from '../../errors.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import type { Connection } from '../../kubernetes/kubeconfig.ts'
import { ask, type Method, type PatchType } from '../../kubernetes/request.ts'

/** Every object that the controller reads and writes, and no other: its Role names them. */
export const OBJECTS = {
  secret: 'holdfast-tls',
  lease: 'holdfast-cert-controller',
  configuration: 'holdfast'
} as const

/** Who owns what it writes, in `managedFields`. */
const FIELD_MANAGER = 'holdfast-cert-controller'
const CONFIGURATIONS = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'] as const

/** Somebody wrote the object since it was read. Nothing was changed; a next look knows more. */
export class Conflict extends Error {}

/** One of the two webhook configurations, or undefined where there is none. */
export interface WebhookConfiguration {
  readonly plural: (typeof CONFIGURATIONS)[number]
  readonly path: string
  readonly object: JsonObject
  /** The `caBundle` of each entry, in their order. */
  readonly caBundles: readonly (string | undefined)[]
}

export interface Objects {
  lease(): Promise<JsonObject>
  /** @throws Conflict */
  writeLease(lease: JsonObject): Promise<void>
  secret(): Promise<JsonObject>
  /** Replaces the values of the Secret, and takes the request for a rotation from it. @throws Conflict */
  writeSecret(secret: JsonObject, texts: SecretTexts, isRotationBegun: boolean): Promise<void>
  /** Those that are there. */
  configurations(): Promise<readonly WebhookConfiguration[]>
  /** Writes changed `caBundle`s and no other field. @throws Conflict */
  writeCaBundles(configuration: WebhookConfiguration, caBundles: readonly (string | undefined)[]): Promise<void>
}

/**
 * The objects behind a connection. Every request is made once: the next look is never far away.
 *
 * @throws HoldfastError ROTATION_OBJECT_MISSING, ROTATION_FORBIDDEN or ROTATION_FAILED
 */
export function rotationObjects(connection: Connection, namespace: string): Objects {
  const secretPath = `/api/v1/namespaces/${namespace}/secrets/${OBJECTS.secret}`
  const leasePath = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${OBJECTS.lease}`
  const get = (path: string): Promise<JsonObject> => request(connection, 'GET', path)
  const put = async (path: string, object: JsonObject): Promise<void> => {
    await request(connection, 'PUT', `${path}?fieldManager=${FIELD_MANAGER}`, object)
  }
  return {
    lease: () => get(leasePath),
    writeLease: (lease) => put(leasePath, lease),
    secret: () => get(secretPath),
    writeSecret: (secret, texts, isRotationBegun) => put(secretPath, changedSecret(secret, texts, isRotationBegun)),
    async configurations() {
      const found = await Promise.all(CONFIGURATIONS.map((plural) => configuration(connection, plural)))
      return found.filter((one) => one !== undefined)
    },
    async writeCaBundles({ path, object, caBundles }, changed) {
      const operations = changed.flatMap((value, index) =>
        value === caBundles[index] ? [] : [{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value }]
      )
      if (operations.length === 0) return
      // Entries are found by their position, which is theirs in this version only.
      const test = { op: 'test', path: '/metadata/resourceVersion', value: metadataOf(object).resourceVersion }
      const patch = [test, ...operations]
      await request(connection, 'PATCH', `${path}?fieldManager=${FIELD_MANAGER}`, patch, 'application/json-patch+json')
    }
  }
}

async function configuration(
  connection: Connection,
  plural: WebhookConfiguration['plural']
): Promise<WebhookConfiguration | undefined> {
  const path = `/apis/admissionregistration.k8s.io/v1/${plural}/${OBJECTS.configuration}`
  try {
    const object = await request(connection, 'GET', path)
    const caBundles = listOf(object.webhooks).map((entry) => textOf(objectOf(objectOf(entry).clientConfig).caBundle))
    return { plural, path, object, caBundles }
  } catch (error) {
    // Uninstalled, or not yet installed: nobody calls, and nothing has to be trusted.
    if (error instanceof HoldfastError && error.code === 'ROTATION_OBJECT_MISSING') return undefined
    throw error
  }
}

/** With a `caBundle` in each entry that has all of these CAs. */
export function trusting({ caBundles }: WebhookConfiguration, cas: readonly string[]): string[] {
  return caBundles.map((caBundle) => withCertificates(caBundle, cas))
}

/** With a `caBundle` in no entry that has one of these CAs. */
export function distrusting({ caBundles }: WebhookConfiguration, cas: readonly string[]): (string | undefined)[] {
  return caBundles.map((caBundle) => (caBundle === undefined ? undefined : withoutCertificates(caBundle, cas)))
}

/** Those that are not there. */
export function missingOf(configurations: readonly WebhookConfiguration[]): string[] {
  return CONFIGURATIONS.filter((plural) => !configurations.some((one) => one.plural === plural))
}

export function bundlesOf(configurations: readonly WebhookConfiguration[]): string[][] {
  return configurations.flatMap(({ caBundles }) => caBundles.map(certificatesIn))
}

const KEYS: readonly string[] = Object.values(SECRET_KEYS)

/** The values that rotation is about. Others may be anything, and stay. */
export function textsIn(secret: JsonObject): SecretTexts {
  const entries = Object.entries(objectOf(secret.data)).filter(([key]) => KEYS.includes(key))
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(textOf(value) ?? '', 'base64').toString()]))
}

export function isRotationWanted(secret: JsonObject): boolean {
  return ROTATE_ANNOTATION in annotationsOf(secret)
}

function changedSecret(secret: JsonObject, texts: SecretTexts, isRotationBegun: boolean): JsonObject {
  const others = Object.entries(objectOf(secret.data)).filter(([key]) => !KEYS.includes(key))
  const own = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')])
  const annotations = Object.entries(annotationsOf(secret)).filter(
    ([key]) => !(isRotationBegun && key === ROTATE_ANNOTATION)
  )
  return {
    ...secret,
    metadata: { ...metadataOf(secret), annotations: Object.fromEntries(annotations) },
    data: Object.fromEntries([...others, ...own])
  }
}

async function request(
  connection: Connection,
  method: Method,
  path: string,
  object?: object,
  type?: PatchType
): Promise<JsonObject> {
  const body = object === undefined ? undefined : JSON.stringify(object)
  try {
    return await ask(connection, method, path, body, type)
  } catch (error) {
    throw failureOf(error, `${method} ${path.split('?')[0]}`)
  }
}

function failureOf(error: unknown, what: string): Error {
  const { status, message } = error instanceof ApiError ? error : { status: 0, message: (error as Error).message }
  // 422 is what the API server answers to a `test` of a JSON Patch that is not met.
  if (status === 409 || status === 422) return new Conflict(`${what}: ${message}`)
  const code = status === 404 ? 'ROTATION_OBJECT_MISSING' : status === 403 ? 'ROTATION_FORBIDDEN' : 'ROTATION_FAILED'
  return new HoldfastError(code, `${what}: ${message}`, { cause: error })
}
