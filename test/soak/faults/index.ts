import { brokenReload } from './broken-reload.ts'
import { clock } from './clock.ts'
import { descriptors } from './descriptors.ts'
import type { Fault } from './fault.ts'
import { flood } from './flood.ts'
import { fullDisk } from './full-disk.ts'
import { kill } from './kill.ts'
import { longPause, shortPause } from './pause.ts'
import { reload } from './reload.ts'
import { rotate } from './rotate.ts'
import { terminate } from './terminate.ts'
import { unreadLog } from './unread-log.ts'

export const FAULTS: readonly Fault[] = [
  ...[terminate, kill, shortPause, longPause, descriptors, clock, fullDisk],
  ...[rotate, reload, brokenReload, unreadLog, flood]
]
