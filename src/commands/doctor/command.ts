import type { Command } from 'commander'
import { addFlags, examples } from '../flags/flag.ts'
import { DOCTOR_FLAGS, type DoctorFlags } from './flags.ts'

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description('Check whether the installation in a cluster is alive. It reads, and creates Pods in dry runs only.')
    .addHelpText(
      'after',
      examples([
        ['The installation in the cluster of the current context', 'holdfast doctor'],
        ['Right after the installation', 'holdfast doctor --wait=2m'],
        ['In another namespace, for a program', 'holdfast doctor -n guardrails -o json'],
        ['In a Job, where only errors count', 'holdfast doctor --fail-on=error']
      ])
    )
  addFlags(command, DOCTOR_FLAGS).action(async (flags: DoctorFlags) => {
    const { doctor } = await import('./run.ts')
    process.exitCode = await doctor(flags)
  })
}
