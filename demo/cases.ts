/** What the demo asks, in the order in which it tells its story. */
export interface DemoCase {
  /** A file in `demo/reviews`. */
  readonly review: string
  readonly path: string
  /** Which of the two servers is asked: one as it comes, one with `onChange: restore`. */
  readonly server: 'default' | 'restore'
  readonly asked: string
  readonly said: 'denied' | 'patched' | 'allowed' | 'warned'
}

export const CASES: readonly DemoCase[] = [
  { review: 'upgrade', path: '/mutate', server: 'default', asked: 'chart 2.16.0 → 2.17.0', said: 'denied' },
  { review: 'upgrade', path: '/mutate', server: 'restore', asked: 'the same, onChange: restore', said: 'patched' },
  { review: 'upgrade', path: '/mutate/warn', server: 'default', asked: 'the same, warn', said: 'warned' },
  { review: 'upgrade', path: '/mutate/audit', server: 'default', asked: 'the same, audit', said: 'allowed' },
  {
    review: 'upgrade-to-3',
    path: '/mutate',
    server: 'restore',
    asked: 'chart 2.17.0 → 3.0.0, restore',
    said: 'patched'
  },
  { review: 'resize', path: '/mutate', server: 'restore', asked: 'a larger volume, restore', said: 'denied' },
  { review: 'upgrade-harmless', path: '/mutate', server: 'default', asked: 'chart 3.0.0 → 3.8.0', said: 'allowed' },
  {
    review: 'upgrade-exempted',
    path: '/mutate',
    server: 'default',
    asked: '2.16.0 → 2.17.0, exempted',
    said: 'allowed'
  },
  {
    review: 'new-statefulset',
    path: '/validate',
    server: 'default',
    asked: 'a new StatefulSet, 2.17.0',
    said: 'warned'
  },
  { review: 'pushgateway-pod', path: '/mutate', server: 'default', asked: 'a bare Pushgateway Pod', said: 'patched' },
  {
    review: 'pushgateway-pod-own-prestop',
    path: '/mutate',
    server: 'default',
    asked: 'one with its own preStop',
    said: 'patched'
  },
  {
    review: 'pushgateway-pod-heavy',
    path: '/mutate',
    server: 'default',
    asked: 'one with profile heavy',
    said: 'patched'
  },
  {
    review: 'pushgateway-pod-behind-proxy',
    path: '/mutate',
    server: 'default',
    asked: 'one behind a proxy',
    said: 'patched'
  },
  { review: 'pushgateway-job-pod', path: '/mutate', server: 'default', asked: 'one in a Job', said: 'allowed' },
  { review: 'nginx-pod', path: '/mutate', server: 'default', asked: 'nginx with its labels', said: 'allowed' }
]
