import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { followConfiguration } from '../../../src/commands/serve/run.ts'
import { POLICIES } from '../../../src/policies/index.ts'
import { createMetrics } from '../../../src/server/metrics.ts'
import { claimTemplate, statefulSet } from '../../fixtures/objects.ts'
import { statefulSetUpdate } from '../../fixtures/reviews.ts'
import { temporaryDirectory, testCertificates, writePair } from '../../helpers/certificates.ts'

/** The command as it is run, from source: main.ts exports what bin/holdfast.cjs calls. */
const MAIN = new URL('../../../src/main.ts', import.meta.url).href
const RUN = `import { main } from ${JSON.stringify(MAIN)}; await main(['node', 'holdfast', ...process.argv.slice(1)])`

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface LogLine {
  readonly msg: string
  readonly port: number
  readonly node: string
  readonly modes: object
  readonly try: string
}

interface Running {
  /** Waits for a log line with this message. */
  line(message: string): Promise<LogLine>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

function holdfast(args: readonly string[], environment: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, ['--input-type=module', '-e', RUN, '--', ...args], {
    env: { ...process.env, ...environment }
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const ended = once(child, 'close').then(([code]) => ({ code, stdout, stderr }))
  const find = (message: string): LogLine | undefined =>
    stdout
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line))
      .find(({ msg }) => msg === message)
  return {
    ended,
    kill: (signal) => child.kill(signal),
    async line(message) {
      for (;;) {
        const found = find(message)
        if (found) return found
        const more = await Promise.race([once(child.stdout, 'data'), ended])
        if ('code' in more && !find(message)) throw new Error(`ended without "${message}": ${stdout}${stderr}`)
      }
    }
  }
}

const FREE = ['serve', '--bind-address=127.0.0.1', '--port=0', '--health-port=0']

t.test('with nothing configured: a self-signed certificate, and how to try it', async (t) => {
  const certs = join(temporaryDirectory(), 'certs')
  const server = holdfast([...FREE, `--cert-dir=${certs}`, '--drain-delay=0s'])
  const { port, modes, node } = await server.line('serving')
  t.equal(node, process.versions.node, 'the log says which Node.js runs')
  t.match(modes, { 'claim-template-labels': 'enforce', 'pushgateway-graceful-stop': 'enforce' })
  const { try: hint } = await server.line(
    'serving with a self-signed certificate, for trying out only: set --tls-cert-file and --tls-private-key-file'
  )
  t.match(hint, `curl --cacert ${certs}/ca.crt`)
  t.equal(await ask(port, readFileSync(join(certs, 'ca.crt'), 'utf8')), false, 'the failing upgrade is refused')
  server.kill('SIGTERM')
  const { code, stderr } = await server.ended
  t.equal(code, 0, 'a clean drain')
  t.equal(stderr, '')
})

t.test('with files, a configuration and a ceiling from the environment', async (t) => {
  const directory = temporaryDirectory()
  const issued = await testCertificates()
  const files = writePair(directory, issued)
  const config = join(directory, 'config.yaml')
  writeFileSync(config, 'policies: { pushgateway-graceful-stop: { mode: audit } }')
  const args = [
    `--tls-cert-file=${files.certificate}`,
    `--tls-private-key-file=${files.privateKey}`,
    `--config=${config}`
  ]
  const server = holdfast([...FREE, ...args, '--kubernetes-version=1.36', '-v', '4'], { HOLDFAST_MODE: 'warn' })
  const { port, modes } = await server.line('serving')
  t.match(modes, { 'claim-template-labels': 'warn', 'pushgateway-graceful-stop': 'audit' })
  t.equal(await ask(port, issued.ca), true, 'a warning lets it pass')
  server.kill('SIGINT')
  const { code, stdout } = await server.ended
  t.equal(code, 0)
  t.match(stdout, /"delayMs":0/, 'Ctrl-C does not wait')
  t.notMatch(stdout, /self-signed|no --kubernetes-version/)
})

t.test('a second signal ends it at once', async (t) => {
  const server = holdfast([...FREE, `--cert-dir=${temporaryDirectory()}`, '--drain-delay=5m'])
  await server.line('serving')
  server.kill('SIGTERM')
  await server.line('draining')
  server.kill('SIGTERM')
  t.equal((await server.ended).code, 1)
})

t.test('what cannot be used: exit code 2 and one sentence', async (t) => {
  const directory = temporaryDirectory()
  const config = join(directory, 'config.yaml')
  writeFileSync(config, 'colour: red')
  mkdirSync(join(directory, 'empty'))
  const table: readonly (readonly [readonly string[], RegExp])[] = [
    [['--config=/nowhere/config.yaml'], /^holdfast: Cannot read \/nowhere\/config\.yaml: ENOENT.*--config/],
    [[`--config=${config}`], /^holdfast: .*cannot be used:\n {2}\S+config\.yaml:1:1: colour: is not a field here\n/],
    [['--client-ca-file=a.crt'], /--client-ca-file needs --tls-cert-file/],
    [['--client-allowed-names=a'], /--client-allowed-names needs --client-ca-file/],
    [['--tls-cert-file=a.crt'], /--tls-cert-file and --tls-private-key-file go together/],
    [['--tls-cert-file=/nowhere/a', '--tls-private-key-file=/nowhere/b'], /^holdfast: Cannot read \/nowhere\/a/],
    [['--port=9443', '--health-port=9443'], /--port and --health-port are both 9443/],
    [['--port=65536'], /a port from 0/],
    [['--port=80a'], /a port from 0/],
    [['--mode=strict'], /off, audit, warn, enforce/],
    [['--kubernetes-version=latest'], /such as 1\.36/],
    [['--drain-delay=15'], /such as 15s/],
    [['-v', 'x'], /a level from 0 to 10/],
    [['--nonsense'], /unknown option/],
    [['surplus'], /too many arguments/]
  ]
  const results = await Promise.all(table.map(([args]) => holdfast([...FREE, ...args]).ended))
  for (const [index, [args, message]] of table.entries()) {
    const { code, stderr } = results[index] as Ended
    t.equal(code, 2, args.join(' '))
    t.match(stderr, message, args.join(' '))
    t.notMatch(stderr, /\n {4}at /, 'no stack trace')
  }
})

t.test('help and version', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  t.match(await holdfast(['--version']).ended, { code: 0, stdout: `${version}\n` })
  t.match(await holdfast(['serve', '--help']).ended, {
    code: 0,
    stdout: /--drain-delay <duration> .*\(default: 5s, env: HOLDFAST_DRAIN_DELAY\)/s
  })
  t.match(await holdfast(['conquer']).ended, { code: 2, stderr: /unknown command/ })
})

t.test('settings that cannot act are logged once, when they are loaded and when they are loaded again', async (t) => {
  const config = join(temporaryDirectory(), 'config.yaml')
  const expired = "exemptions: [{ policies: [shared-tsdb-claim], reason: test, expires: '2020-01-01' }]"
  writeFileSync(config, expired)
  const lines: string[] = []
  const write = (line: string): void => {
    const { level, msg, setting, reason } = JSON.parse(line)
    lines.push([level, msg, setting ?? reason].filter(Boolean).join(': '))
  }
  const logger = pino({ base: null, formatters: { level: (label) => ({ level: label }) } }, { write })
  await followConfiguration({ config, mode: 'enforce', reloadInterval: 20 }, logger, createMetrics(POLICIES))
  const nothing = 'warn: a setting of the configuration has no effect'
  const first = `${nothing}: exemptions[0].expires: 2020-01-01 has come, and the exemption no longer counts`
  t.strictSame(lines, [first])
  // At once, so that nobody reads half of it.
  writeFileSync(`${config}.new`, 'policies: { claim-template-labels: { onChange: restore, mode: warn } }')
  renameSync(`${config}.new`, config)
  while (lines.length < 3) await new Promise((resolve) => setTimeout(resolve, 20))
  // Some looks more, at a file without news.
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.strictSame(lines, [
    first,
    'info: configuration reloaded',
    `${nothing}: policies.claim-template-labels.onChange: restore takes mode enforce, and the mode of the policy is warn`
  ])
})

t.test(
  'a metric says whether the configuration file is usable, and follows it back to the text in force',
  async (t) => {
    const config = join(temporaryDirectory(), 'config.yaml')
    const metrics = createMetrics(POLICIES)
    const usable = async (): Promise<number | undefined> =>
      (await metrics.registry.getSingleMetric('holdfast_configuration_last_reload_successful')?.get())?.values[0]?.value
    writeFileSync(config, 'mode: warn')
    await followConfiguration({ config, mode: 'enforce', reloadInterval: 20 }, pino({ level: 'silent' }), metrics)
    t.equal(await usable(), 1)
    for (const [text, expected] of [
      ['mode: strict', 0],
      ['mode: warn', 1]
    ] as const) {
      writeFileSync(config, text)
      while ((await usable()) !== expected) await new Promise((resolve) => setTimeout(resolve, 20))
      t.pass(text)
    }
  }
)

/** Sends the failing upgrade and answers with `allowed`. */
function ask(port: number, ca: string): Promise<boolean> {
  const before = statefulSet({ templates: [claimTemplate({ labels: { v: '1' } })] })
  const after = statefulSet({ templates: [claimTemplate({ labels: { v: '2' } })] })
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/mutate',
      ca,
      method: 'POST',
      headers: { 'content-type': 'application/json' }
    }
    const outgoing = request(options, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve(JSON.parse(text).response.allowed)
    })
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify(statefulSetUpdate(before, after)))
  })
}
