import { EVICTED, type Role } from './role.ts'

/** Evaluates rules on what queries answer, and keeps the results in a TSDB. */
export const THANOS_RULER: Role = {
  name: 'Thanos Ruler',
  keeps: 'tsdb',
  isReplicated: true,
  without: {
    cpuRequest: 'on a busy node its rules come late',
    memoryRequest: EVICTED,
    memoryLimit: 'a flood of series can take the whole node down'
  },
  dataPathIn: () => undefined
}
