import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A control group that holds what is started in it to so much memory, as a container is held. */
export interface MemoryLimit {
  /** A line of shell that puts the shell itself, and what it starts, into the group. */
  readonly enter: string
  /** What it took at the most, in bytes. */
  peak(): number
  /** How many processes were ended because it had too little. */
  kills(): number
  dispose(): void
}

/** undefined where none can be made, which takes root and a control group of memory (version 1 or 2). */
export function limitMemory(bytes: number, name = `bench-${process.pid}`): MemoryLimit | undefined {
  return (
    limitIn('/sys/fs/cgroup', name, bytes, 'memory.max', 'memory.peak', 'memory.events') ??
    limitIn(
      '/sys/fs/cgroup/memory',
      name,
      bytes,
      'memory.limit_in_bytes',
      'memory.max_usage_in_bytes',
      'memory.oom_control'
    )
  )
}

function limitIn(
  root: string,
  name: string,
  bytes: number,
  max: string,
  peak: string,
  events: string
): MemoryLimit | undefined {
  const group = join(root, `holdfast-${name}`)
  try {
    mkdirSync(group)
  } catch {
    return undefined
  }
  const read = (file: string): string => readFileSync(join(group, file), 'utf8')
  try {
    writeFileSync(join(group, max), String(bytes), { flag: 'r+' })
    read(peak)
  } catch {
    rmdirSync(group)
    return undefined
  }
  return {
    enter: `echo $$ > ${join(group, 'cgroup.procs')}`,
    peak: () => Number(read(peak)),
    kills: () => Number(/^oom_kill (\d+)$/m.exec(read(events))?.[1] ?? 0),
    dispose: () => rmdirSync(group)
  }
}
