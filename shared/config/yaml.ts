import { isMap, isNode, isPair, isScalar, LineCounter, type ParsedNode, parseDocument } from 'yaml'
import type { z } from 'zod'

export interface Mistake {
  /** From 1. */
  readonly line: number
  /** e.g. `services.airflow.url`; empty for the document itself. */
  readonly path: string
  readonly what: string
}

export interface YamlDocument {
  readonly value: unknown
  /** What is not YAML. */
  readonly mistakes: readonly Mistake[]
  /** Where something stands, or the nearest thing around it where it is missing. */
  place(path: ReadonlyArray<PropertyKey>): { line: number; path: string }
  /** An issue of the schema in this document's terms. */
  mistakesOf(issue: z.core.$ZodIssue): Mistake[]
}

/** Of keys that are not known in one place, so many are told: each takes a search of its own. */
const maxKeys = 20

/** Reads YAML 1.2 (core schema), without aliases and without keys that stand twice. */
export function parseYaml(text: string): YamlDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    version: '1.2',
    strict: true,
    logLevel: 'error',
  })
  const place = (path: ReadonlyArray<PropertyKey>) => ({
    line: lines.linePos(offsetOf(document.contents, path)).line,
    path: path.map(String).join('.'),
  })
  const mistakes = [...document.errors, ...document.warnings].map((error) => ({
    line: error.linePos?.[0].line ?? 1,
    path: '',
    what: error.message.split('\n', 1)[0] as string,
  }))
  let value: unknown = null
  if (mistakes.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: 0 })
    } catch {
      mistakes.push({ line: 1, path: '', what: 'aliases are not taken here' })
    }
  }
  return {
    value,
    mistakes,
    place,
    mistakesOf(issue) {
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.slice(0, maxKeys).map((key) => ({
          ...place([...issue.path, key]),
          what: 'is not a key that is known here',
        }))
      }
      return [{ ...place(issue.path), what: wordsFor(issue) }]
    },
  }
}

function wordsFor(issue: z.core.$ZodIssue): string {
  if (issue.input === undefined) return 'is missing'
  return `is not valid: ${issue.message}`
}

/** The offset of the key at `path`, or of the nearest node around it. */
function offsetOf(root: ParsedNode | null, path: ReadonlyArray<PropertyKey>): number {
  let offset = root?.range[0] ?? 0
  let node: unknown = root
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
      )
      if (!pair) return offset
      offset = (pair.key as ParsedNode).range[0]
      node = pair.value
    } else if (isNode(node) && 'items' in node) {
      const item: unknown = (node.items as unknown[])[Number(key)]
      if (!isNode(item)) return offset
      offset = item.range?.[0] ?? offset
      node = item
    } else {
      return offset
    }
  }
  return offset
}
