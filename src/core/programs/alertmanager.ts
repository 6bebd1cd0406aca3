import { EVICTED, type Role } from './role.ts'

export const ALERTMANAGER_SERVER: Role = {
  name: 'Alertmanager',
  keeps: 'notifications',
  isReplicated: true,
  without: {
    cpuRequest: 'on a busy node its notifications come late',
    memoryRequest: EVICTED,
    memoryLimit: 'a flood of alerts can take the whole node down'
  },
  dataPathIn: () => undefined
}
