import { nameOfObject } from '../core/objects/metadata.ts'
import type { Operation, Phase, Subject } from '../core/subject.ts'
import { isObject, type JsonObject, objectOf, textOf } from '../core/values/json.ts'
import { cut } from '../core/values/text.ts'
import { HoldfastError } from '../errors.ts'

/** What a decoded AdmissionReview asks for. */
export interface Review {
  /** Has to stand in the answer, or the API server does not take it. */
  readonly uid: string
  readonly operation: string
  readonly kind: string
  /** Absent where there is nothing for a policy to look at: a deletion, a connection, a subresource. */
  readonly subject: Subject | undefined
}

/**
 * Reads an `admission.k8s.io/v1` AdmissionReview. Null-tolerant where the API server sends null, and strict about what
 * would make us evaluate the wrong thing.
 *
 * @throws HoldfastError (4xx): the review cannot be evaluated, and failurePolicy decides
 */
export function decodeReview(body: unknown, phase: Phase): Review {
  const request = requestIn(body)
  const uid = textOf(request.uid)
  if (uid === undefined || uid === '') throw malformed('request.uid is missing')
  const operation = textOf(request.operation)
  if (operation === undefined) throw malformed('request.operation is missing')
  const { group, version, kind } = kindOf(request)
  if (!isReviewed(operation) || hasSubresource(request)) return { uid, operation, kind, subject: undefined }

  const object = request.object
  if (!isObject(object)) throw malformed(`request.object of ${operation} is missing`)
  if (operation === 'UPDATE' && !isObject(request.oldObject)) throw malformed('request.oldObject of UPDATE is missing')
  const oldObject = objectOf(request.oldObject)
  checkKind('object', object, group, version, kind)
  checkKind('oldObject', oldObject, group, version, kind)
  const namespace = textOf(request.namespace) ?? ''
  const name = textOf(request.name) || nameOfObject(object) || '*'
  return {
    uid,
    operation,
    kind,
    subject: { phases: [phase], operation, group, kind, namespace, name, object, oldObject }
  }
}

function requestIn(body: unknown): JsonObject {
  if (!isObject(body)) throw malformed('the body is not an object')
  if (body.kind !== 'AdmissionReview') throw malformed('kind is not AdmissionReview')
  const { apiVersion } = body
  if (apiVersion !== 'admission.k8s.io/v1') {
    throw new HoldfastError('REVIEW_VERSION', `apiVersion is not admission.k8s.io/v1`)
  }
  if (!isObject(body.request)) throw malformed('request is missing')
  return body.request
}

function kindOf(request: JsonObject): { group: string; version: string; kind: string } {
  const { group, version, kind } = objectOf(request.kind)
  if (textOf(kind) === undefined) throw malformed('request.kind is missing')
  return { group: textOf(group) ?? '', version: textOf(version) ?? '', kind: kind as string }
}

function isReviewed(operation: string): operation is Operation {
  return operation === 'CREATE' || operation === 'UPDATE'
}

/** `scale`, `status`, `eviction` and the like carry an object of their own, and change nothing that a policy guards. */
function hasSubresource(request: JsonObject): boolean {
  return (textOf(request.subResource) ?? '') !== ''
}

/**
 * Evaluating a Deployment by the rules for a Pod would be worse than not evaluating it. An object without the two fields
 * takes them from the request.
 */
function checkKind(field: string, object: JsonObject, group: string, version: string, kind: string): void {
  const apiVersion = group === '' ? version : `${group}/${version}`
  if ((object.kind ?? kind) === kind && (object.apiVersion ?? apiVersion) === apiVersion) return
  throw new HoldfastError(
    'REVIEW_KIND_MISMATCH',
    `request.${field} is not the ${cut(`${apiVersion} ${kind}`, 200)} that request.kind names`
  )
}

function malformed(what: string): HoldfastError {
  return new HoldfastError('REVIEW_MALFORMED', what)
}
