import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type BuildResult, build, type Metafile, type Plugin } from 'esbuild'

/**
 * The program as it is shipped: our modules and the packages that they use, in a few files. A start of `serve` reads 32 files
 * instead of 613, and neither the image nor an installation has packages. docs/decisions/0006-bundle.md says what
 * was measured.
 */

export const ROOT = join(import.meta.dirname, '..')

/** What lies beside the modules that read it, such as the style of the HTML report. */
export const ASSETS: readonly string[] = globSync('src/**/*', { cwd: ROOT, withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name))

/** A file for each command, with the name of the command; main.ts loads the one that is asked for. */
function entryPoints(): Record<string, string> {
  const commands = globSync('src/commands/*/run.ts', { cwd: ROOT }).map((file) => [basename(dirname(file)), file])
  return { main: 'src/main.ts', ...Object.fromEntries(commands) }
}

/**
 * All files lie flat in the directory: `new URL('page.css', import.meta.url)` and `../package.json` then mean the same in
 * every one of them, and the same as in src.
 *
 * @param outdir where the files are written; without it, nothing is written
 */
export async function bundle(outdir?: string): Promise<BuildResult<{ metafile: true; write: boolean }>> {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: entryPoints(),
    outdir: outdir ?? join(ROOT, 'dist'),
    write: outdir !== undefined,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: `node${oldestNode()}`,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    // Not minified: stacks in logs then name functions and lines that can be read, without source maps of twice the size.
    // Minified whitespace would save 1.7 MB and 2 % of the start.
    // Licences are in THIRD-PARTY-LICENSES.txt. Here, the name of an author can double what V8 keeps of a file.
    legalComments: 'none',
    banner: { js: REQUIRE },
    plugins: [connectionOnly],
    metafile: true,
    logLevel: 'silent'
  })
  const [warning] = result.warnings
  if (warning !== undefined) throw new Error(`esbuild warns: ${warning.text} (${warning.location?.file})`)
  return result
}

/** Packages that are CommonJS ask for `node:fs` and others with it. */
const REQUIRE =
  "import { createRequire as createRequireOfBundle } from 'node:module'\nconst require = createRequireOfBundle(import.meta.url)"

function oldestNode(): string {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } }
  return engines.node.replace('>=', '')
}

/**
 * The modules of client-node only define classes, and its package.json does not say so. Without it, esbuild keeps 16 MB
 * of models and API classes that the connection does not use.
 */
const connectionOnly: Plugin = {
  name: 'connection-only',
  setup({ onResolve }) {
    const directory = join(ROOT, 'node_modules/@kubernetes/client-node/dist')
    onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({
      path: join(directory, 'index.js'),
      sideEffects: false
    }))
    onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ importer, resolveDir, path }) =>
      importer.startsWith(directory) ? { path: join(resolveDir, path), sideEffects: false } : undefined
    )
  }
}

export interface BundledPackage {
  readonly name: string
  readonly version: string
  readonly license: string
  /** Of the package, from the root of the checkout. */
  readonly directory: string
  /** Its share of the bundle. */
  readonly bytes: number
}

/** The packages of which something is in the bundle, by name. npm may have put one version in several places. */
export function packagesIn({ outputs }: Metafile): readonly BundledPackage[] {
  const packages = new Map<string, BundledPackage>()
  for (const { inputs } of Object.values(outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const directory = packageDirectory(file)
      if (directory === undefined || bytesInOutput === 0) continue
      const found = packageAt(directory)
      const { bytes = 0 } = packages.get(keyOf(found)) ?? {}
      packages.set(keyOf(found), { ...found, bytes: bytes + bytesInOutput })
    }
  }
  return [...packages].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

/** Asked for once for every file of a package. */
const manifests = new Map<string, Omit<BundledPackage, 'bytes'>>()

function packageAt(directory: string): Omit<BundledPackage, 'bytes'> {
  const known = manifests.get(directory)
  if (known !== undefined) return known
  const { name, version, license } = JSON.parse(readFileSync(join(ROOT, directory, 'package.json'), 'utf8'))
  const found = { name, version, license: String(license), directory }
  manifests.set(directory, found)
  return found
}

function keyOf({ name, version }: Pick<BundledPackage, 'name' | 'version'>): string {
  return `${name}@${version}`
}

/** `node_modules/a/node_modules/@b/c` of a file in it; undefined for a file of ours. */
function packageDirectory(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0]
}

/** Files of a package in which its licence and its notices stand. */
const LICENCE_FILE = /^(?:licen[cs]es?|copying|notice|copyright)(?:[-.].*)?$/i

/** What the licences of the bundled packages want to be passed on: their texts, and the notices beside them. */
export function thirdPartyLicences(packages: readonly BundledPackage[]): string {
  return [
    'Holdfast contains parts of these packages, under their own licences.\n',
    ...packages.map(licenceSection)
  ].join(`\n${'='.repeat(80)}\n\n`)
}

function licenceSection(one: BundledPackage): string {
  const directory = join(ROOT, one.directory)
  const texts = readdirSync(directory)
    .filter((file) => LICENCE_FILE.test(file) && existsSync(join(directory, file)))
    .toSorted()
    .map((file) => readFileSync(join(directory, file), 'utf8').trim())
  if (texts.length === 0) texts.push(`Published without the text of its licence, by ${authorOf(directory)}.`)
  return `${[`${keyOf(one)} (${one.license})`, ...texts].join('\n\n')}\n`
}

/** As package.json has it: a text, or an object with a name. */
function authorOf(directory: string): string {
  const { author } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { author: unknown }
  return typeof author === 'string' ? author : String((author as { name?: string } | undefined)?.name)
}
