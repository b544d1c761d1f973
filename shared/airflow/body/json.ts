import { JetwayError } from '../../errors/jetway-error.ts'

const maxNameChars = 256
const maxDepth = 100

export type JsonObject = Readonly<Record<string, unknown>>

/**
 * A JSON text that every parser reads the same: UTF-8, no object with one key twice (RFC 8259 §4 leaves open which of them
 * counts), nothing nested more than 100 deep.
 *
 * @throws BAD_REQUEST
 */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    value = JSON.parse(text)
  } catch {
    throw refused('The body has to be JSON.')
  }
  const fault = faultOf(text)
  if (fault !== null) throw refused(fault)
  return value
}

/** @throws BAD_REQUEST when it is none, naming `what` */
export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw refused(`${what} has to be a JSON object.`)
}

/** @throws BAD_REQUEST when it is none, naming `what` */
export function asList(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw refused(`${what} has to be a list.`)
}

/**
 * A text that is not empty; null where it is absent, null or empty, which Airflow takes for not there.
 *
 * @throws BAD_REQUEST when it is anything else, or stands there in another spelling (`Name` for `name`)
 */
export function textOf(object: JsonObject, name: string): string | null {
  const value = memberOf(object, name)
  if (value === undefined || value === null || value === '') return null
  if (typeof value !== 'string') throw refused(`${name} has to be text.`)
  return notTooLong(value)
}

/**
 * A member by its exact name; undefined where there is none.
 *
 * @throws BAD_REQUEST when there is one that differs from it only in case
 */
export function memberOf(object: JsonObject, name: string): unknown {
  for (const key of Object.keys(object)) {
    if (key !== name && key.toLowerCase() === name) throw refused(`${shown(key)} is not ${name}.`)
  }
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/**
 * Airflow's own ids have 250 characters, names of pools 256.
 *
 * @throws BAD_REQUEST
 */
export function notTooLong(text: string): string {
  if (text.length > maxNameChars) throw refused(`A name is longer than ${maxNameChars} characters.`)
  return text
}

/** In words of our own: what a peer wrote is kept short. */
export function refused(reason: string): JetwayError {
  return new JetwayError('BAD_REQUEST', { reason })
}

export function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a]
const [openObject, closeObject, openList, closeList] = [0x7b, 0x7d, 0x5b, 0x5d]

/**
 * What keeps a JSON text from being read the same everywhere; null where nothing does. Python's parser, for one, gives up
 * on what is nested deeply.
 *
 * @param text one that JSON.parse took
 */
function faultOf(text: string): string | null {
  /** The keys of each object that is open; null for a list. */
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (char === quote) {
      const end = endOfString(text, at)
      const keys = open.at(-1)
      if (keys && isKey(text, end)) {
        const key = keyOf(text.slice(at, end))
        if (keys.has(key)) return `The body has the key ${shown(key)} twice in one object.`
        keys.add(key)
      }
      at = end - 1
    } else if (char === openObject || char === openList) {
      open.push(char === openObject ? new Set() : null)
      if (open.length > maxDepth) return `The body is nested more than ${maxDepth} deep.`
    } else if (char === closeObject || char === closeList) {
      open.pop()
    }
  }
  return null
}

function keyOf(quoted: string): string {
  return quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)
}

/** Just after its closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at + 1
}

function isKey(text: string, end: number): boolean {
  let at = end
  while (text.charCodeAt(at) <= 0x20) at += 1
  return text.charCodeAt(at) === colon
}
