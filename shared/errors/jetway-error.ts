import { type ErrorCode, type ErrorEntry, errorTable } from './table.ts'

export type ErrorParams = Readonly<Record<string, string | number>>

/**
 * An error of the table. `message` is for people and safe to show; `cause` is for the log and never leaves
 * the process.
 */
export class JetwayError extends Error {
  override readonly name = 'JetwayError'
  readonly code: ErrorCode
  readonly params: ErrorParams
  #action: string | null = null

  constructor(code: ErrorCode, params: ErrorParams = {}, options?: { cause?: unknown }) {
    super(fill(errorTable[code].detail, params), options)
    this.code = code
    this.params = params
  }

  /** An error that a peer of ours reports: its words, with its params filled in already. `params` for what else they say. */
  static fromPeer(code: ErrorCode, message: string, action: string, params: ErrorParams = {}): JetwayError {
    const error = new JetwayError(code, params)
    error.message = message
    error.#action = action
    return error
  }

  get entry(): ErrorEntry {
    return errorTable[this.code]
  }

  /** What the person can do. */
  get action(): string {
    return this.#action ?? fill(this.entry.action, this.params)
  }
}

/** The error itself, or an INTERNAL one with `error` as its cause. */
export function asJetwayError(
  error: unknown,
  fallback: ErrorCode = 'INTERNAL',
  params: ErrorParams = {},
): JetwayError {
  return error instanceof JetwayError ? error : new JetwayError(fallback, params, { cause: error })
}

const codesByWire = new Map(Object.entries(errorTable).map(([code, e]) => [e.wire, code as ErrorCode]))

/** The code that a number in an RST, GOAWAY or close frame stands for; INTERNAL when it is not known. */
export function errorCodeOfWire(wire: number): ErrorCode {
  return codesByWire.get(wire) ?? 'INTERNAL'
}

function fill(template: string, params: ErrorParams): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? 'unknown'))
}
