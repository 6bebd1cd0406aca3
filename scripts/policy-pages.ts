import { POD } from '../src/core/objects/kinds.ts'
import { isSetPolicy, type Policy, type SetPolicy } from '../src/core/policy.ts'
import type { Match, Phase } from '../src/core/subject.ts'
import { POLICIES } from '../src/policies/index.ts'
import { betweenMarks, MODES, table, typeWords } from './markdown.ts'

/** Where README.md and the page of each policy say what the policy itself declares. */

export function pageFile(id: string): string {
  return `docs/policies/${id}.md`
}

/** The page with its title, summary, what it sees, default mode, options and what gets it out of the way. */
export function withDeclarations(page: string, policy: Policy): string {
  const { id, summary, defaultMode } = policy
  const file = pageFile(id)
  const head = replaced(page, /^# .*\n\n.*\n/, `# ${id}\n\n${summary}\n`, `${file} has no title and summary`)
  const sees = replaced(head, /^\| Sees \|.*$/m, `| Sees | ${seenByPhase(policy)} |`, `${file} has no row "Sees"`)
  const mode = replaced(sees, /^\| Default mode \|.*$/m, `| Default mode | \`${defaultMode}\` |`, `${file} has no mode`)
  const options = betweenMarks(mode, 'options', optionsTable(policy), file)
  return betweenMarks(options, 'what gets it out of the way', waysOut(policy), file)
}

/** README.md with what each policy sees and its default mode; what it does is written there by hand. */
export function withPolicyRows(readme: string): string {
  return POLICIES.reduce((text, policy) => {
    const { id, matches, defaultMode } = policy
    const sees = isSetPolicy(policy) ? `${READ_TOGETHER} ${kindsRead(policy)}` : seen(matches)
    const name = `| [\`${id}\`](${pageFile(id)}) |`
    const at = text.indexOf(name)
    if (at < 0) throw new Error(`README.md has no row for ${id}`)
    const [before, row] = [text.slice(0, at), text.slice(at + name.length)]
    return `${before}${name}${row.replace(/^[^|]*\|[^|]*\|/, () => ` ${sees} | ${defaultMode} |`)}`
  }, readme)
}

function replaced(text: string, pattern: RegExp, replacement: string, problem: string): string {
  if (!pattern.test(text)) throw new Error(problem)
  return text.replace(pattern, () => replacement)
}

const PHASES: Readonly<Record<Phase, string>> = { mutate: 'mutating', validate: 'validating' }

/** What only `check` and `scan` see. */
const READ_TOGETHER = 'together:'

function kindsRead({ reads }: SetPolicy): string {
  return inWords(reads.map(({ kind }) => kind))
}

function seenByPhase(policy: Policy): string {
  if (isSetPolicy(policy)) return `${kindsRead(policy)}, together, in \`check\` and \`scan\``
  const { matches } = policy
  const phases = Map.groupBy(matches, ({ phase }) => phase)
  return [...phases].map(([phase, list]) => `${seen(list)} in the ${PHASES[phase]} phase`).join(', ')
}

/** `Deployment and StatefulSet CREATE and UPDATE` */
function seen(matches: readonly Match[]): string {
  const kinds = Map.groupBy(matches, ({ resource }) => resource.kind)
  const operations = [...kinds].map(([kind, list]) => ({ kind, what: inWords(operationsOf(list)) }))
  return [...Map.groupBy(operations, ({ what }) => what)]
    .map(([what, list]) => `${inWords(list.map(({ kind }) => kind))} ${what}`)
    .join(', ')
}

function operationsOf(matches: readonly Match[]): string[] {
  return [...new Set(matches.map(({ operation }) => operation))].sort()
}

function inWords(list: readonly string[]): string {
  return list.length < 2 ? list.join('') : `${list.slice(0, -1).join(', ')} and ${list.at(-1)}`
}

function optionsTable({ defaultMode, options }: Policy): string {
  const rows = Object.entries(options).map(
    ([name, field]) =>
      `| \`${name}\` | ${typeWords(field)} | \`${JSON.stringify(field.default)}\` | ${field.description} |`
  )
  const mode = `| \`mode\` | ${MODES} | \`"${defaultMode}"\` | The mode of this policy, up to the ceilings. |`
  return table(['option', 'type', 'default', 'description'], [mode, ...rows])
}

/** For a user who is refused at night: from the one object to the whole of Holdfast. */
function waysOut(policy: Policy): string {
  const { id, matches } = policy
  if (isSetPolicy(policy)) return waysOutOfSet(policy)
  const phase = matches.some((match) => match.phase === 'mutate') ? 'mutate' : 'validate'
  const rows = [
    exemption(id, matches),
    '| `kubectl label namespace NAMESPACE holdfast.dev/mode=warn --overwrite` | with the overlays `cluster-wide` and `opt-in`: no denial and no repair in this namespace, by any policy |',
    '| `kubectl -n holdfast-system set env deployment/holdfast HOLDFAST_MODE=audit` | restarts the server with the ceiling `audit` for all policies, in all namespaces |',
    `| \`kubectl delete ${PHASES[phase]}webhookconfiguration holdfast\` | the API server stops calling \`/${phase}\` at once, for every policy; to undo it, run \`kubectl apply -k\` with your overlay |`
  ]
  const configured = `In the configuration file, \`policies.${id}.mode: warn\` lowers only this policy, and needs no restart.\n`
  return `${table(['command', 'what it does'], rows)}\n${configured}`
}

/** Nothing in a cluster is refused by what the webhook never asks. */
function waysOutOfSet({ id }: SetPolicy): string {
  const rows = [
    `| annotation \`holdfast.dev/skip: ${id}\` on the object that the finding is about | exempts this one object |`,
    `| \`holdfast check --config holdfast.yaml …\` with \`policies.${id}.mode: audit\` in the file | its findings become notes, which fail no run |`,
    `| the same with \`policies.${id}.mode: off\` | it is not evaluated |`
  ]
  return table(['what', 'what it does'], rows)
}

function exemption(id: string, matches: readonly Match[]): string {
  if (matches.some(({ resource }) => resource === POD)) {
    const patch = `{"spec":{"template":{"metadata":{"annotations":{"holdfast.dev/skip":"${id}"}}}}}`
    return `| \`kubectl -n NAMESPACE patch statefulset NAME -p '${patch}'\` | exempts the Pods of one workload and replaces them (\`deployment\` also works) |`
  }
  const [kind = 'StatefulSet', ...others] = new Set(matches.map(({ resource }) => resource.kind))
  const alike = inWords(others.map((other) => `\`${other.toLowerCase()}\``))
  const also = others.length === 0 ? '' : ` (${alike} also ${others.length === 1 ? 'works' : 'work'})`
  const command = `kubectl -n NAMESPACE annotate ${kind.toLowerCase()} NAME holdfast.dev/skip=${id}`
  return `| \`${command}\` | exempts one ${kind}${also} |`
}
