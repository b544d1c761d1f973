import type { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'

/** Where a command says what happens: words for people, or one JSON object a line for programs. */
export interface Output {
  /** A fact, on stdout: `text` for people, `value` for programs. */
  say(text: string, value: object): void
  /** What is under way, for people only, on stderr. */
  note(text: string): void
  error(error: JetwayError): void
}

export function createOutput(json: boolean): Output {
  return {
    say: (text, value) => void process.stdout.write(`${json ? JSON.stringify(value) : text}\n`),
    note: (text) => {
      if (!json) process.stderr.write(`${text}\n`)
    },
    error(error) {
      if (json) process.stdout.write(`${JSON.stringify({ event: 'error', problem: problemOf(error) })}\n`)
      else process.stderr.write(`${error.entry.title}. ${error.message}\n${error.action}\n`)
    },
  }
}
