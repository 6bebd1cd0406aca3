/** Why a StatefulSet is not replaced, and what to do about it. */
export interface Obstacle {
  readonly kind: ObstacleKind
  /** A sentence without its full stop. */
  readonly reason: string
  /** What gets there nevertheless: another one. */
  readonly fix: string
}

export type ObstacleKind =
  | 'owner'
  | 'gitops'
  | 'terminating'
  | 'finalizers'
  | 'ordinals'
  | 'partition'
  | 'autoscaler'
  | 'renamed-template'
  | 'missing-claim'
  | 'terminating-claim'
  | 'shrink'
  | 'class'
  | 'access-modes'
  | 'volume-mode'
  | 'source'
  | 'unbound-claim'
  | 'expansion'
  | 'rights'
  | 'admission'
  | 'unexplained'
  | 'unanswered'
