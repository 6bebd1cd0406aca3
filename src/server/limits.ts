/**
 * Every bound of the server, in one place. They are made for the container of the manifests, which has 256 MiB, and what
 * they allow adds up to less (measured with `npm run bench -- --overload`):
 *
 *     60 MiB  the process under ordinary load
 *     44 MiB  768 connections of 60 KB each: TLS, the HTTP parser, and the objects around them
 *     26 MiB  bodies: 20 MiB for large ones, and 384 times 16 KiB
 *     90 MiB  the largest review while it is parsed: 10 MiB as bytes, twice that as text, and its values
 */

const KIB = 1024
const MIB = 1024 * KIB

/**
 * Half of them are for connections on which no review was answered yet. kube-apiserver keeps 25 idle ones at the most for
 * each path of the webhook configurations. The overlay opt-in has six: 450 with three API servers, for all replicas.
 */
export const MOST_CONNECTIONS = 768

/** kubelet and Prometheus ask on the health port, once in some seconds. Nobody has to prove anything there. */
export const HEALTH_CONNECTIONS: ConnectionBounds = { unproven: 32, proven: 0 }

/** Descriptors that are not connections: about 25 of Node.js itself, files that are read again, requests to ourselves. */
export const OWN_FILES = 64

/** Fewer than these serve nobody: one API server with a few requests at once needs them. */
export const LEAST_CONNECTIONS = 16

/** Each review may take this much memory without asking. Most reviews of Pods and StatefulSets are smaller. */
export const SHARE_OF_A_REVIEW = 16 * KIB

/** What the bodies of all reviews may take beyond their share. Half of it is for unproven connections. */
export const ROOM_FOR_BODIES = 20 * MIB

/**
 * A request to the API server may have 3 MiB; a review holds object and oldObject, spelled out as JSON where the client
 * may have sent the denser protobuf.
 */
export const LARGEST_BODY = 10 * MIB

/**
 * Objects, lists and members of one review. They take 100 bytes each at the most, so that 10 MiB of empty objects would
 * take 300 MiB. Two objects of the 1.5 MiB that etcd takes hold no more of them than this.
 */
export const MOST_VALUES = 500_000

/** The API server gives up on a TLS handshake after 10 s. */
export const HANDSHAKE_MS = 15_000

/** The API server sends headers in one write. */
export const HEADERS_MS = 10_000

/** The longest `timeoutSeconds` that a webhook can have: nobody waits for an answer after it. */
export const BODY_MS = 30_000

/**
 * A body of which nothing came for so long, or less in a second than this on the whole, gives way where a newcomer finds
 * no room otherwise. The API server has the whole body when it begins to send; only lost packets keep it for a second.
 */
export const STALLED_MS = 1000
export const SLOWEST_BODY = 64 * KIB

/** As BODY_MS: an answer that nobody took by then is for nobody. */
export const UNREAD_MS = 30_000

/** What is left of a refused body is read and dropped, so that the client gets to read the answer. */
export const LINGER_BYTES = 16 * MIB
export const LINGER_MS = 5000

/** The API server keeps idle connections for 90 s. Were we to close one first, a POST would meet a reset. */
export const KEEP_ALIVE_MS = 120_000

/** How often the time-outs above are looked at. */
export const SWEEP_MS = 1000

export interface ConnectionBounds {
  /** Connections on which no review was answered yet. */
  readonly unproven: number
  readonly proven: number
}

/**
 * How many connections the HTTPS port takes. Memory is what bounds them, unless so few files may be open that nothing
 * would be left for the health port and for files.
 *
 * @param openFiles how many files the process may have open; undefined where that is not known
 */
export function connectionBounds(openFiles: number | undefined): ConnectionBounds {
  const left = (openFiles ?? Number.POSITIVE_INFINITY) - OWN_FILES - HEALTH_CONNECTIONS.unproven
  const most = Math.max(LEAST_CONNECTIONS, Math.min(MOST_CONNECTIONS, left))
  const unproven = Math.ceil(most / 2)
  return { unproven, proven: most - unproven }
}

export interface BodyBounds {
  /** Reviews whose body is on its way or that are being checked. */
  readonly reviews: number
  /** Bytes that all their bodies may take together, beyond the share that each of them has. */
  readonly room: number
}

/** Reviews for half of the connections: others are left that nobody waits for, and that can make room for a newcomer. */
export function bodyBounds({ unproven, proven }: ConnectionBounds): BodyBounds {
  return { reviews: Math.floor((unproven + proven) / 2), room: ROOM_FOR_BODIES }
}
