import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../corpora')
const reachedFile = 'reached.txt'
const brokeFile = 'broke.txt'

/** The inputs that are kept for a target: those that reach all of it, and those that once broke it. */
export function readCorpus(target: string): Uint8Array[] {
  const folder = join(root, target)
  return existsSync(folder) ? readdirSync(folder).flatMap((file) => read(join(folder, file))) : []
}

/** Replaces the inputs that reach all of a target. */
export function writeReached(target: string, inputs: readonly Uint8Array[]): void {
  write(target, reachedFile, inputs)
}

/** Keeps an input that broke a target. */
export function addBroke(target: string, input: Uint8Array): void {
  const file = join(root, target, brokeFile)
  write(target, brokeFile, [...(existsSync(file) ? read(file) : []), input])
}

/** One line: printable ASCII as it is, everything else as `\xNN`. */
export function toLine(input: Uint8Array): string {
  const line = Buffer.from(input).toString('latin1')
  return line.replaceAll(/[^!-[\]-~ ]|^ | $/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

export function fromLine(line: string): Uint8Array {
  const text = line.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

function read(file: string): Uint8Array[] {
  return readFileSync(file, 'latin1')
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map(fromLine)
}

function write(target: string, name: string, inputs: readonly Uint8Array[]): void {
  mkdirSync(join(root, target), { recursive: true })
  const lines = [...new Set(inputs.filter(({ length }) => length > 0).map(toLine))]
  writeFileSync(join(root, target, name), lines.map((line) => `${line}\n`).join(''))
}
