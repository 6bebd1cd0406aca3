// One tree from several that differ in places: what differs is told apart by conditions of Helm's templates.

import { isDeepStrictEqual } from 'node:util'
import type { Axis } from './axes.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonMap
export type JsonMap = { readonly [key: string]: Json }

/** A part of a template. `undefined` conditions always hold. */
export type Node =
  | { readonly type: 'value'; readonly value: Json }
  | { readonly type: 'map'; readonly entries: Entry[] }
  | { readonly type: 'list'; readonly items: Item[] }
  /** The first case whose condition holds; the last one has none. */
  | { readonly type: 'choice'; readonly cases: readonly Case[] }
  /** A scalar as it stands in the template. */
  | { readonly type: 'text'; readonly text: string }
  /** What an expression has, as YAML. */
  | { readonly type: 'block'; readonly expression: string }

export interface Entry extends Item {
  readonly key: string
}

export interface Item {
  readonly when?: string | undefined
  /** Where `append` is set, the items or entries that this expression has; nothing where it has none. */
  readonly append?: string
  node: Node
}

interface Case {
  readonly when?: string
  readonly node: Node
}

/** What another choice makes of the same place; `undefined` where it makes nothing. */
export interface Alternative {
  readonly axis: Axis
  readonly value: string | boolean
  readonly tree: Json | undefined
}

/**
 * @param place for the message of an error
 * @throws {Error} where two axes decide about one place, because neither condition alone would be right
 */
export function merged(reference: Json | undefined, alternatives: readonly Alternative[], place: string): Item {
  const removed = alternatives.filter(({ tree }) => tree === undefined)
  if (reference !== undefined) {
    const conditions = [...byAxis(removed)].map(([axis, values]) => conditionOf(axis, values, false))
    const others = alternatives.filter(({ tree }) => tree !== undefined)
    return { when: all(conditions), node: nodeOf(reference, others, place) }
  }
  const added = alternatives.filter(({ tree }) => tree !== undefined)
  const [one, ...others] = [...byAxis(added)]
  if (one === undefined) throw new Error(`${place}: nobody has it`)
  if (others.length > 0) throw new Error(`${place}: added by ${added.map(({ axis }) => axis.expression).join(' and ')}`)
  const [axis, values] = one
  return { when: conditionOf(axis, values, true), node: nodeOf(added[0]?.tree as Json, added.slice(1), place) }
}

function byAxis(alternatives: readonly Alternative[]): Map<Axis, (string | boolean)[]> {
  const found = new Map<Axis, (string | boolean)[]>()
  for (const { axis, value } of alternatives) found.set(axis, [...(found.get(axis) ?? []), value])
  return found
}

function nodeOf(reference: Json, alternatives: readonly Alternative[], place: string): Node {
  const differing = alternatives.filter(({ tree }) => !isDeepStrictEqual(tree, reference))
  if (differing.length === 0) return { type: 'value', value: reference }
  const trees = [reference, ...differing.map(({ tree }) => tree as Json)]
  if (trees.every(isMap)) return mapOf(reference as JsonMap, alternatives, place)
  if (trees.every(isNamedList)) return namedListOf(reference as JsonMap[], alternatives, place)
  if (trees.every(Array.isArray)) return listOf(reference as Json[], alternatives, place)
  return choiceOf(reference, differing, place)
}

function mapOf(reference: JsonMap, alternatives: readonly Alternative[], place: string): Node {
  const keys = sortedKeys([reference, ...alternatives.map(({ tree }) => tree as JsonMap)])
  const entries = keys.map((key) => ({
    key,
    ...merged(
      reference[key],
      within(alternatives, (tree) => (tree as JsonMap)[key]),
      `${place}.${key}`
    )
  }))
  return { type: 'map', entries }
}

/** Aligned by name, as the API server does with containers, volumes and webhooks. */
function namedListOf(reference: readonly JsonMap[], alternatives: readonly Alternative[], place: string): Node {
  const lists = [reference, ...alternatives.map(({ tree }) => tree as JsonMap[])]
  const named = (list: readonly JsonMap[], name: string) => list.find((item) => item.name === name)
  const names = new Set(lists.flatMap((list) => list.map(({ name }) => name as string)))
  const items = [...names].map((name) =>
    merged(
      named(reference, name),
      within(alternatives, (tree) => named(tree as JsonMap[], name)),
      `${place}[${name}]`
    )
  )
  return { type: 'list', items }
}

/** Aligned by position: what a choice adds stands at the end. */
function listOf(reference: readonly Json[], alternatives: readonly Alternative[], place: string): Node {
  const length = Math.max(reference.length, ...alternatives.map(({ tree }) => (tree as Json[]).length))
  const items = Array.from({ length }, (_, index) => {
    const [at, here] = [reference[index], `${place}[${index}]`]
    const others = within(alternatives, (tree) => (tree as Json[])[index])
    const differing = others.filter(({ tree }) => tree !== undefined && !isDeepStrictEqual(tree, at))
    // An item without a name has no identity, so it is replaced as a whole.
    if (at !== undefined && differing.length > 0) return { node: choiceOf(at, differing, here) }
    return merged(at, others, here)
  })
  return { type: 'list', items }
}

function choiceOf(reference: Json, differing: readonly Alternative[], place: string): Node {
  const axes = [...byAxis(differing).keys()]
  const [axis] = axes
  if (axis === undefined || axes.length > 1) {
    throw new Error(`${place}: differs by ${axes.map(({ expression }) => expression).join(' and ')}`)
  }
  const groups = Map.groupBy(differing, ({ tree }) => JSON.stringify(tree))
  const cases = [...groups.values()].map((group) => ({
    when: conditionOf(
      axis,
      group.map(({ value }) => value),
      true
    ),
    node: { type: 'value', value: group[0]?.tree as Json } as const
  }))
  return { type: 'choice', cases: [...cases, { node: { type: 'value', value: reference } }] }
}

function within(
  alternatives: readonly Alternative[],
  part: (tree: Json | undefined) => Json | undefined
): readonly Alternative[] {
  return alternatives.map((alternative) => ({ ...alternative, tree: part(alternative.tree) }))
}

/** The condition that the choice is one of these values, or (`false`) that it is none of them. */
function conditionOf({ expression, choices }: Axis, values: readonly (string | boolean)[], isOneOf: boolean): string {
  const wanted = choices.map(({ value }) => value).filter((value) => values.includes(value) === isOneOf)
  const others = choices.map(({ value }) => value).filter((value) => !wanted.includes(value))
  if (wanted[0] === true) return expression
  if (wanted[0] === false) return `not ${expression}`
  if (wanted.length === 1) return `eq ${expression} "${wanted[0]}"`
  if (others.length === 1) return `ne ${expression} "${others[0]}"`
  return `has ${expression} (list ${wanted.map((value) => `"${value}"`).join(' ')})`
}

function all(conditions: readonly string[]): string | undefined {
  if (conditions.length < 2) return conditions[0]
  return `and ${conditions.map((condition) => `(${condition})`).join(' ')}`
}

const FIRST = ['apiVersion', 'kind', 'metadata', 'name', 'namespace']

/** What a reader looks for first, then the alphabet. */
export function sortedKeys(maps: readonly JsonMap[]): string[] {
  const keys = [...new Set(maps.flatMap(Object.keys))].sort()
  return [...FIRST.filter((key) => keys.includes(key)), ...keys.filter((key) => !FIRST.includes(key))]
}

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNamedList(value: Json): boolean {
  return Array.isArray(value) && value.every((item) => isMap(item) && typeof item.name === 'string')
}
