const QUANTITY = /^([+-]?)(\d{0,40})(?:\.(\d{0,40}))?(?:([eE])([+-]?\d{1,2})|([KMGTPE]i|[numkMGTPE]))?$/

const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const BINARY: Readonly<Record<string, bigint>> = { Ki: 1n, Mi: 2n, Gi: 3n, Ti: 4n, Pi: 5n, Ei: 6n }

/** An exact fraction: `units / 10^scale`. */
interface Exact {
  readonly units: bigint
  readonly scale: number
}

/**
 * Digits behind the point that the API server keeps in a list of resources. It rounds up, away from zero:
 * SetDefaults_ResourceList in pkg/apis/core/v1/defaults.go of Kubernetes 1.31 to 1.36.
 */
const FINEST = 3

/** The most that the API server reads where there is a binary suffix: ParseQuantity of k8s.io/apimachinery. */
const MOST_BINARY = 2n ** 63n - 1n

/**
 * Whether two quantities of a resource are the same amount, as the API server stores them: `1Gi` equals `1024Mi`, `1` equals
 * `1000m`, and `1u` equals `1m`, because it is rounded up. What is no quantity equals only itself.
 */
export function isSameQuantity(one: unknown, other: unknown): boolean {
  if (one === other) return true
  const left = parse(one)
  const right = parse(other)
  if (left === undefined || right === undefined) return false
  const scale = Math.max(left.scale, right.scale)
  return left.units * 10n ** BigInt(scale - left.scale) === right.units * 10n ** BigInt(scale - right.scale)
}

/** How much a Kubernetes quantity is, in bytes where it is a size; undefined for what is no quantity. */
export function amountOf(quantity: unknown): number | undefined {
  const exact = parse(quantity)
  return exact === undefined ? undefined : Number(exact.units) / 10 ** exact.scale
}

const PROMETHEUS_UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E']

/**
 * Bytes of a size as Prometheus writes it, `80GB` or `1.5TiB`: powers of 1024 whatever the unit looks like. Undefined for
 * what is no size.
 */
export function prometheusBytes(size: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,15})?)([KMGTPE]?)(?:i?)B$/.exec(size)
  if (match === null) return undefined
  const power = PROMETHEUS_UNITS.indexOf(match[2] as string)
  return Number(match[1]) * 1024 ** power
}

function parse(value: unknown): Exact | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const match = QUANTITY.exec(String(value))
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponent, power = '0', suffix = ''] = match
  if (whole === '' && fraction === '') return undefined
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  const factor = BINARY[suffix]
  if (factor !== undefined) return rounded(capped({ units: digits * 1024n ** factor, scale: fraction.length }))
  const shift = exponent === undefined ? (DECIMAL[suffix] ?? 0) : Number(power)
  const scale = fraction.length - shift
  return scale >= 0 ? rounded({ units: digits, scale }) : { units: digits * 10n ** BigInt(-scale), scale: 0 }
}

function capped(exact: Exact): Exact {
  const most = MOST_BINARY * 10n ** BigInt(exact.scale)
  if (exact.units > most) return { units: MOST_BINARY, scale: 0 }
  return exact.units < -most ? { units: -MOST_BINARY, scale: 0 } : exact
}

function rounded({ units, scale }: Exact): Exact {
  if (scale <= FINEST) return { units, scale }
  const divisor = 10n ** BigInt(scale - FINEST)
  const away = units % divisor === 0n ? 0n : units < 0n ? -1n : 1n
  return { units: units / divisor + away, scale: FINEST }
}
