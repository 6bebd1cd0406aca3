import { IMMUTABLE_FIELDS } from '../objects/immutable-fields.ts'
import { DEPLOYMENT, POD, REPLICA_SET } from '../objects/kinds.ts'
import type { About, Match } from '../subject.ts'
import type { Program } from './program.ts'

/** A condition of a webhook entry, as `admissionregistration.k8s.io/v1` has it; the expression is CEL, on one line. */
export interface MatchCondition {
  readonly name: string
  readonly expression: string
}

/**
 * The conditions under which the API server calls a webhook entry: wider than what the policies evaluate, never narrower,
 * because the server decides and a condition only saves calls.
 *
 * They are total, with has() before every optional field and a comparison with null where a list may be one: an expression
 * that fails is an evaluation that does not happen, or a request that is refused. And they are bounded: an expression may
 * cost 1,000,000 units (cost limits of Kubernetes 1.36: staging/src/k8s.io/apiserver/pkg/apis/cel/config.go), and it is
 * the size of the object that costs. A list or a text too long to look through counts as a match.
 *
 * @param matches all that lead to this entry: of one phase, and Pods only, workloads only or custom resources only
 */
export function matchConditionsFor(matches: readonly Match[]): readonly MatchCondition[] {
  const [first] = matches
  if (first === undefined) return []
  const inPods = matches.some(({ resource }) => resource === POD)
  const conditions: MatchCondition[] = []
  if (first.phase === 'validate') conditions.push(first.resource.isCustom ? CUSTOM_SPEC_DIFFERS : SPEC_DIFFERS)
  if (matches.some(({ about }) => about.kind === 'any')) return conditions
  if (matches.some(({ resource }) => resource === REPLICA_SET)) conditions.push(IS_NOT_A_PART)
  if (inPods) conditions.push(RUNS_UNTIL_STOPPED)
  const parts = [...ofTemplates(matches), ...ofChanges(matches), ...ofPrograms(matches, inPods)]
  return [...conditions, { name: 'a-policy-applies', expression: anyOf(parts) }]
}

/** What an object is has been evaluated when its spec was written. On CREATE there is no old object. */
const SPEC_DIFFERS: MatchCondition = {
  name: 'spec-differs',
  expression: 'oldObject == null || object.spec != oldObject.spec'
}

/** A custom resource has what its CRD asks for, which need not be a spec. */
const CUSTOM_SPEC_DIFFERS: MatchCondition = {
  name: 'spec-differs',
  expression: 'has(object.spec) && (oldObject == null || !has(oldObject.spec) || object.spec != oldObject.spec)'
}

/** The ReplicaSet of a Deployment is left out: the Deployment itself is evaluated. No other owner is believed. */
const IS_NOT_A_PART: MatchCondition = {
  name: 'is-not-a-part-of-another',
  expression:
    "request.resource.resource != 'replicasets' || !has(object.metadata.ownerReferences) || " +
    '!object.metadata.ownerReferences.exists(owner, has(owner.controller) && owner.controller ' +
    `&& owner.kind == '${DEPLOYMENT.kind}' && owner.apiVersion.startsWith('${DEPLOYMENT.group}/'))`
}

/** Pods of Jobs end by themselves. */
const RUNS_UNTIL_STOPPED: MatchCondition = {
  name: 'runs-until-stopped',
  expression: "!has(object.spec.restartPolicy) || object.spec.restartPolicy == 'Always'"
}

type AboutOf<Kind extends About['kind']> = Extract<About, { kind: Kind }>

function aboutOf<Kind extends About['kind']>(matches: readonly Match[], kind: Kind): readonly AboutOf<Kind>[] {
  return matches.flatMap(({ about }) => (about.kind === kind ? [about as AboutOf<Kind>] : []))
}

function ofTemplates(matches: readonly Match[]): string[] {
  return aboutOf(matches, 'labelled-claim-templates').length > 0 ? [LABELLED_CLAIM_TEMPLATES] : []
}

function ofPrograms(matches: readonly Match[], inPods: boolean): string[] {
  const programs = new Set(aboutOf(matches, 'programs').flatMap((about) => about.programs))
  return programs.size === 0 ? [] : [mayRun([...programs], inPods ? POD_SPEC : TEMPLATE_SPEC)]
}

/** What differs between the old object and the new one. */
function ofChanges(matches: readonly Match[]): string[] {
  const ofFields = aboutOf(matches, 'immutable-fields').flatMap(() =>
    IMMUTABLE_NAMES.map((field) => differs(`spec.${field}`, EMPTY[field] as string))
  )
  const ofLabels = aboutOf(matches, 'labels-of-program').map(({ program, annotation }) => {
    const changes = anyOf([differs('metadata.labels', '{}'), isDropped(annotation)])
    return `${mayRun([program], TEMPLATE_SPEC)} && (${changes})`
  })
  const parts = [...new Set([...ofFields, ...ofLabels])]
  const isUpdate = matches.every(({ operation }) => operation === 'UPDATE')
  return isUpdate || parts.length === 0 ? parts : [`oldObject != null && (${anyOf(parts)})`]
}

const LABELLED_CLAIM_TEMPLATES =
  'oldObject == null && has(object.spec.volumeClaimTemplates) && (size(object.spec.volumeClaimTemplates) > 100 || ' +
  'object.spec.volumeClaimTemplates.exists(template, ' +
  'has(template.metadata) && has(template.metadata.labels) && size(template.metadata.labels) > 0))'

/** The fields of a StatefulSet's spec that some API server lets no update change. */
const IMMUTABLE_NAMES = [...new Set(IMMUTABLE_FIELDS.map(({ path }) => String(path[1])))]

/** What the API server takes for the same as none, in CEL; a field of a new name has none, and the expression is invalid. */
const EMPTY: Readonly<Record<string, string>> = {
  volumeClaimTemplates: '[]',
  serviceName: "''",
  podManagementPolicy: "''",
  selector: '{}',
  revisionHistoryLimit: '10'
}

function differs(field: string, empty: string): string {
  const valueIn = (object: string) => `(has(${object}.${field}) ? ${object}.${field} : ${empty})`
  return `${valueIn('object')} != ${valueIn('oldObject')}`
}

/** Whether an annotation that the Pod template had is gone. What it says is the server's to compare. */
function isDropped(annotation: string): string {
  const template = (object: string) => `${object}.spec.template.metadata`
  const isIn = (object: string) =>
    `has(${template(object)}) && has(${template(object)}.annotations) && '${annotation}' in ${template(object)}.annotations`
  return `has(oldObject.spec.template) && ${isIn('oldObject')} && !(${isIn('object')})`
}

interface PodSpec {
  readonly path: string
  /** Tests for what stands above it. */
  readonly guards: readonly string[]
}

const POD_SPEC: PodSpec = { path: 'object.spec', guards: [] }
const TEMPLATE_SPEC: PodSpec = {
  path: 'object.spec.template.spec',
  guards: ['has(object.spec.template)', 'has(object.spec.template.spec)']
}

/** How many containers are looked through: fewer where their commands and arguments are read. */
const CONTAINERS = { withWords: 20, byNameAndImage: 100 }
const IMAGE_CHARACTERS = 1000
/** Characters of a command and its arguments; fewer once there is so much to look for that these would cost too much. */
const WORDS_CHARACTERS = 20_000
/** Units for reading words. The rest of the 1,000,000 is for all else that an expression does. */
const WORDS_BUDGET = 800_000

function mayRun(programs: readonly Program[], { path, guards }: PodSpec): string {
  const containers = `${path}.containers`
  const [signals, limit] = signalsOf(programs)
  const isOne = `(size(${containers}) > ${limit} || ${containers}.exists(c, ${signals}))`
  // A Pod without containers reaches this point, as null, before the API server refuses it.
  return [...guards, `has(${containers})`, `${containers} != null`, isOne].join(' && ')
}

/** What a container `c` has to have, and how many of them that may be asked of. */
function signalsOf(programs: readonly Program[]): [expression: string, containers: number] {
  const words = wordTests(programs)
  const signals = [...nameTests(programs), ...imageTests(programs)]
  if (words.length === 0) return [anyOf(signals), CONTAINERS.byNameAndImage]
  // Joined, because evaluating costs by the word rather than by the letter: a hundred thousand of them would hold up the
  // API server.
  const joined = "((has(c.command) ? c.command : []) + (has(c.args) ? c.args : [])).join(' ')"
  const isOne = anyOf([`size(words) > ${wordsLimit(words)}`, ...words.map(({ expression }) => expression)])
  // Most containers have neither, and to look for words in none of them takes as long as in some.
  const hasWords = `(has(c.command) || has(c.args)) && [${joined}].exists(words, ${isOne})`
  return [anyOf([...signals, hasWords]), CONTAINERS.withWords]
}

/** By the end of the name, and whatever the port: what else there is to ask is the server's to ask. */
function nameTests(programs: readonly Program[]): string[] {
  const names = programs.flatMap(({ containers }) => containers?.names ?? [])
  const tests = shortest(names, (name, part) => name.endsWith(part)).map((name) => `c.name.endsWith('${name}')`)
  return tests.length === 0 ? [] : [`has(c.name) && ${grouped(tests)}`]
}

function imageTests(programs: readonly Program[]): string[] {
  const shared = programs.flatMap(({ sharesImageNames, images }) => (sharesImageNames ? images : []))
  const own = programs.flatMap(({ sharesImageNames, images }) => (sharesImageNames ? [] : images))
  const tests = shortest(own, (name, part) => name.includes(part)).map((name) => `c.image.contains('${name}')`)
  if (shared.length > 0) tests.push(`c.image.matches('(^|/)${choice(shared)}(:[^/@]*)?(@|$)')`)
  if (tests.length === 0) return []
  // One search fits the budget at the size of the largest request, several do not.
  const bound = tests.length > 1 || shared.length > 0 ? [`size(c.image) > ${IMAGE_CHARACTERS}`] : []
  return [`has(c.image) && ${grouped([...bound, ...tests])}`]
}

interface TextTest {
  readonly expression: string
  /** Cost for each ten characters of the text that is searched. */
  readonly units: number
}

/** The units are those of cel-go (interpreter/runtimecost.go): a tenth of what is looked for, a quarter of a pattern. */
function wordTests(programs: readonly Program[]): readonly TextTest[] {
  const flags = new Set(programs.flatMap(({ flags = [] }) => flags))
  const commands = programs.flatMap(({ commands = [] }) => commands)
  const tests = [...flags].map((flag) => ({
    expression: `words.contains('${flag}')`,
    units: Math.ceil(flag.length / 10)
  }))
  if (commands.length === 0) return tests
  // A word, or the end of a path that is one, wherever it stands: behind an init or in a shell's script, too.
  const pattern = `(^|[/[:space:]])${choice(commands)}([[:space:]]|$)`
  return [...tests, { expression: `words.matches('${pattern}')`, units: Math.ceil(pattern.length / 4) }]
}

function wordsLimit(tests: readonly TextTest[]): number {
  const units = tests.reduce((sum, test) => sum + test.units, 0)
  const affordable = (10 * WORDS_BUDGET) / (CONTAINERS.withWords * units)
  return Math.min(WORDS_CHARACTERS, 1000 * Math.floor(affordable / 1000))
}

/** Without those that another one is a part of. */
function shortest(names: readonly string[], has: (name: string, part: string) => boolean): string[] {
  const unique = [...new Set(names)]
  return unique.filter((name) => !unique.some((part) => part !== name && has(name, part)))
}

function choice(names: readonly string[]): string {
  const patterns = [...new Set(names)].map((name) => name.replaceAll('.', '[.]'))
  return patterns.length === 1 ? String(patterns[0]) : `(${patterns.join('|')})`
}

function anyOf(parts: readonly string[]): string {
  return parts.length === 1 ? String(parts[0]) : parts.map((part) => (isChain(part) ? `(${part})` : part)).join(' || ')
}

function grouped(parts: readonly string[]): string {
  return parts.length === 1 ? String(parts[0]) : `(${anyOf(parts)})`
}

/** Written in parentheses for the reader; `&&` binds tighter anyway. */
function isChain(part: string): boolean {
  return part.includes(' && ') && !part.startsWith('[')
}
