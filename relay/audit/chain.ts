import { hash } from 'node:crypto'
import { sha256 } from './merkle-tree.ts'

/** A record as it stands in the log: in the chain by `prev`, in the tree by `leaf`. */
export interface ChainedLine {
  /** With its line feed. */
  readonly bytes: Uint8Array
  /** SHA-256 of the line without its line feed, hex: the next line's `prev`. */
  readonly hash: string
  /** RFC 6962 §2.1: SHA-256 of 0x00 and the line without its line feed. */
  readonly leaf: Buffer
}

/** What a line says of its place. */
export interface Link {
  /** From 0: also the index of its leaf in the tree. */
  readonly seq: number
  /** Null in the first line only. */
  readonly prev: string | null
}

const linkForm = /^\{"seq":(0|[1-9][0-9]{0,14}),"prev":(?:null|"([0-9a-f]{64})"),"version":1,/
const mostLinkBytes = 128

/** Puts a record into the chain. `record` begins with its `version`. */
export function chainLine(record: { readonly version: 1 }, { seq, prev }: Link): ChainedLine {
  const link = `"seq":${seq},"prev":${prev === null ? 'null' : `"${prev}"`}`
  // One buffer for both hashes: the leaf's begins a byte earlier.
  const buffer = Buffer.from(`\0{${link},${JSON.stringify(record).slice(1)}\n`)
  const end = buffer.length - 1
  return {
    bytes: buffer.subarray(1),
    hash: lineHash(buffer.subarray(1, end)),
    leaf: sha256(buffer.subarray(0, end)),
  }
}

/** @returns null for what is no line of a log */
export function readLink(line: Buffer): Link | null {
  const found = linkForm.exec(line.toString('latin1', 0, mostLinkBytes))
  return found && { seq: Number(found[1]), prev: found[2] ?? null }
}

/** SHA-256 of a line without its line feed, hex. */
export function lineHash(line: Uint8Array): string {
  return hash('sha256', line, 'hex')
}
