import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Finding } from '#shared/ipc/finding.ts'

/** What a check found. */
export type Outcome = Pick<Finding, 'state' | 'title' | 'detail' | 'action'>

const maxChars = 600
/** Control and formatting characters: what peers say must not steer a terminal, nor be read in another order. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu

export function ok(title: string, detail: string | null = null): Outcome {
  return outcome('ok', title, detail, null)
}

export function warning(title: string, detail: string | null, action: string): Outcome {
  return outcome('warning', title, detail, action)
}

export function failed(title: string, detail: string | null, action: string): Outcome {
  return outcome('failed', title, detail, action)
}

/** What it needs is not there, which says what is the matter. */
export function skipped(): Outcome {
  return outcome('skipped', 'Not looked at, as something before it failed', null, null)
}

/** An error of the table, as a finding says it. */
export function problemFound(error: JetwayError): Outcome {
  // Without a keychain everything works, until Jetway ends.
  const state = error.code === 'NO_KEYCHAIN' ? 'warning' : 'failed'
  return outcome(state, error.entry.title, error.message, error.action)
}

function outcome(
  state: Finding['state'],
  title: string,
  detail: string | null,
  action: string | null,
): Outcome {
  return {
    state,
    title: printable(title),
    detail: detail && printable(detail),
    action: action && printable(action),
  }
}

function printable(text: string): string {
  const line = text.replace(unprintable, ' ').trim()
  return line.length <= maxChars ? line : `${line.slice(0, maxChars - 1)}…`
}
