// npm run release:assets -- --out DIRECTORY [--tag vVERSION]: the files of a release, and their checksums. With a tag, as
// the workflow has it, every part has to be there; without one, it is the dry run, which says what is not.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from './bundle.ts'
import { sectionOf } from './changelog.ts'
import { krewManifest } from './krew-manifest.ts'

const { values } = parseArgs({
  options: { out: { type: 'string', default: join(ROOT, 'release') }, tag: { type: 'string' } }
})
const out = resolve(values.out)
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const { version } = manifest as { version: string }

/** What is kept beside the files, because it becomes the text of the release. */
const NOTES = 'notes.md'
const CHECKSUMS = 'checksums.txt'

const missing = [notes(), npmPackage(), sbom(), manifests(), chart()].filter((part) => part !== undefined)
if (values.tag !== undefined && values.tag !== `v${version}`)
  missing.push(`the version of ${values.tag}: it is ${version}`)
for (const part of missing) process.stderr.write(`Not here: ${part}\n`)
if (values.tag !== undefined && missing.length > 0) process.exitCode = 1
checksums()

function run(command: string, args: readonly string[]): string {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `ended with ${status}`}`)
  return stdout
}

/** The section of the changelog, which a release dates. */
function notes(): string | undefined {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const section = sectionOf(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), version)
  writeFileSync(join(out, NOTES), `${section?.text ?? ''}\n`)
  return /^\d{4}-\d\d-\d\d$/.test(section?.date ?? '') ? undefined : `a date for ${version} in CHANGELOG.md`
}

/** What npm publishes, and the same files as krew unpacks them. */
function npmPackage(): undefined {
  run('npm', ['pack', '--silent', `--pack-destination=${out}`])
  const files = join(out, 'package')
  run('tar', ['-xzf', join(out, `holdfast-${version}.tgz`), '-C', out])
  const archive = join(out, `holdfast-${version}.tar.gz`)
  // Without times, owners and an order of their own, so that the same commit gives the same bytes.
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
  run('tar', [...same, '-czf', archive, '-C', files, '.'])
  rmSync(files, { recursive: true })
  writeFileSync(join(out, 'krew.yaml'), krewManifest(readFileSync(archive)))
}

function sbom(): undefined {
  writeFileSync(join(out, `holdfast-${version}.cdx.json`), run('npm', ['run', '--silent', 'sbom']))
}

function manifests(): string | undefined {
  if (isAbsent('kubectl')) return 'install-*.yaml: there is no kubectl'
  run('npm', ['run', '--silent', 'build:manifests', '--', '--out', out])
  return undefined
}

function isAbsent(program: string): boolean {
  return spawnSync(program, ['version', '--client']).error !== undefined
}

/** Helm calls it as npm calls the package. */
function chart(): string | undefined {
  const helm = process.env.HELM ?? 'helm'
  if (isAbsent(helm)) return `the chart: there is no ${helm} (set HELM)`
  const directory = join(out, 'chart')
  run(helm, ['package', 'charts/holdfast', '--version', version, '--app-version', version, '--destination', directory])
  renameSync(join(directory, `holdfast-${version}.tgz`), join(out, `holdfast-chart-${version}.tgz`))
  rmSync(directory, { recursive: true })
  return undefined
}

/** In the form of sha256sum. */
function checksums(): void {
  const files = globSync('*', { cwd: out }).filter((file) => file !== NOTES)
  const lines = files.toSorted().map((file) => {
    const digest = createHash('sha256')
      .update(readFileSync(join(out, file)))
      .digest('hex')
    return `${digest}  ${file}\n`
  })
  writeFileSync(join(out, CHECKSUMS), lines.join(''))
  process.stdout.write(lines.join(''))
}
