import type { JsonObject } from '../core/json.ts'
import { STATEFUL_SET } from '../core/resource.ts'
import { STANDARD_INPUT } from '../inventory/files.ts'
import { namespaceFor, type Previous } from '../inventory/previous.ts'
import { readManifests } from '../inventory/read.ts'
import { isOfKind, subjectOf } from '../inventory/subjects.ts'
import { type Recipe, recipeOf, recipeOfGone } from '../report/recipe.ts'
import { recipeMarkdown, recipeText } from '../report/recipe-text.ts'
import type { Problem } from '../report/report.ts'
import type { ExplainFlags } from './explain-upgrade.ts'
import { CLEAN, FOUND, INCOMPLETE } from './output.ts'
import { problemOf, readPrevious, refuseTwoInputs } from './previous-files.ts'

/** Answers with the exit code: 0 all go through, 1 some have to be replaced, 2 something could not be read. */
export async function explainUpgrade(paths: readonly string[], flags: ExplainFlags): Promise<number> {
  const { previous: sources, namespace, output } = flags
  refuseTwoInputs([...paths, ...sources])
  const problems: Problem[] = []
  const previous = await readPrevious(sources, namespace, problems)
  const recipes = await recipesFor(paths, previous, namespace, problems)
  process.stdout.write(output === 'markdown' ? recipeMarkdown(recipes) : recipeText(recipes))
  for (const { where, line, message } of problems) {
    process.stderr.write(`holdfast: ${line === undefined ? where : `${where}:${line}`}: ${message}\n`)
  }
  if (problems.length > 0) return INCOMPLETE
  return recipes.some(({ fate }) => fate === 'blocked') ? FOUND : CLEAN
}

async function recipesFor(
  paths: readonly string[],
  previous: Previous,
  namespace: string | undefined,
  problems: Problem[]
): Promise<Recipe[]> {
  const recipes: Recipe[] = []
  for await (const read of readManifests(paths, process.stdin)) {
    if (read.kind === 'problem') problems.push(problemOf(read))
    if (read.kind !== 'document') continue
    for (const { object } of read.manifests) {
      if (isOfKind(STATEFUL_SET, object)) recipes.push(recipeFor(object, previous, namespace, read.file))
    }
  }
  const gone = previous.gone().filter((object) => isOfKind(STATEFUL_SET, object))
  return [
    ...recipes,
    ...gone.map((object) => recipeOfGone(subjectOf(object, undefined, namespaceFor(object, namespace, undefined))))
  ]
}

function recipeFor(object: JsonObject, previous: Previous, namespace: string | undefined, file: string): Recipe {
  const before = previous.find(object, namespace)
  const subject = subjectOf(object, before, namespaceFor(object, namespace, before))
  return recipeOf(subject, file === STANDARD_INPUT ? {} : { file })
}
