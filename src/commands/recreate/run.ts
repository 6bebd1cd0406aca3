import { setTimeout as sleep } from 'node:timers/promises'
import { count, oneLine } from '../../core/values/text.ts'
import { STANDARD_INPUT } from '../../inventory/files/walk.ts'
import { createApi } from '../../kubernetes/client.ts'
import { connect } from '../../kubernetes/kubeconfig.ts'
import { refuseTwoInputs } from '../previous-files.ts'
import { type Progress, progressOn } from '../progress.ts'
import { isConfirmed } from './confirm.ts'
import type { RecreateFlags } from './flags.ts'
import { journalIn } from './journal.ts'
import { readWantedSets } from './manifests.ts'
import { replaceAll, type Voice } from './replace-all.ts'
import { recreateReport, resultText } from './report.ts'

/**
 * Answers with the exit code: 0 done or nothing to do, 1 refused to start, 2 stopped on the way.
 *
 * @throws HoldfastError where the files, the cluster or the directory cannot be used
 */
export async function recreate(flags: RecreateFlags): Promise<number> {
  const { filename: paths, saveDir, gitopsPaused, relabelClaims, dryRun, timeout: timeoutMs } = flags
  refuseTwoInputs(paths)
  const connection = await connect(flags)
  const bar = progressOn(process.stderr, () => performance.now())
  const api = createApi(connection, sleep, true)
  const voice = voiceFor(flags, bar)
  try {
    const sets = await readWantedSets(paths, flags.namespace ?? connection.namespace ?? 'default')
    const canAsk = !paths.includes(STANDARD_INPUT)
    const { results, code } = await replaceAll(sets, voice, {
      api,
      now: Date.now,
      sleep,
      timeoutMs,
      gitOpsPaused: gitopsPaused ?? false,
      relabelClaims: relabelClaims ?? false,
      isDryRun: dryRun ?? false,
      journalFor: ({ namespace, name }) => journalIn(saveDir, connection.server.href, namespace, name),
      isWanted: async (number) => flags.yes ?? (await isConfirmed(`Replace ${count(number, 'StatefulSet')}?`, canAsk))
    })
    bar.end()
    if (flags.output === 'json') process.stdout.write(recreateReport(results))
    else for (const result of results) process.stdout.write(resultText(result, voice.width))
    if (sets.length === 0) voice.say('There is no StatefulSet in these files.')
    return code
  } finally {
    bar.end()
    api.close()
  }
}

const WIDTH = 96

/** What goes on meanwhile is told on the stream that the report does not go to, where that is for a machine. */
function voiceFor({ output }: RecreateFlags, bar: Progress): Voice {
  const stream = output === 'json' ? process.stderr : process.stdout
  const say = (text: string): void => {
    bar.end()
    stream.write(`${text}\n`)
  }
  const width = stream.isTTY && stream.columns > 0 ? Math.max(40, Math.min(stream.columns, WIDTH)) : WIDTH
  return { width, say, tell: (text) => say(`- ${oneLine(text)}`), show: (text) => bar.show(oneLine(text)) }
}
