import { Command } from 'commander'
import { oneLine } from '../core/values/text.ts'
import { VERSION } from '../version.ts'
import { addCertControllerCommand } from './cert-controller/command.ts'
import { addCertsCommand } from './certs/command.ts'
import { addCheckCommand } from './check/command.ts'
import { addCompletionCommand } from './completion/command.ts'
import { addDoctorCommand } from './doctor/command.ts'
import { addExemptCommand } from './exempt/command.ts'
import { addExplainUpgradeCommand } from './explain-upgrade/command.ts'
import { addInitCommand } from './init/command.ts'
import { addPoliciesCommand } from './policies/command.ts'
import { addRecreateCommand } from './recreate/command.ts'
import { addScanCommand } from './scan/command.ts'
import { addServeCommand } from './serve/command.ts'

/** The whole command line, before anything is run: also for what is written or tested from it. */
export function createProgram(): Command {
  const program = new Command('holdfast')
    .description('Keeps the stateful workloads of the Prometheus stack safe to upgrade and safe to stop.')
    .version(VERSION)
    .addHelpText('after', '\nFor flags and examples, run holdfast COMMAND --help.')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(
          text
            .split('\n')
            .map((line) => oneLine(line))
            .join('\n')
        )
    })
  addServeCommand(program)
  addCheckCommand(program)
  addInitCommand(program)
  addExemptCommand(program)
  addExplainUpgradeCommand(program)
  addRecreateCommand(program)
  addScanCommand(program)
  addDoctorCommand(program)
  addPoliciesCommand(program)
  addCertsCommand(program)
  addCertControllerCommand(program)
  addCompletionCommand(program)
  return program
}
