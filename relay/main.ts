#!/usr/bin/env -S node --max-semi-space-size=2
import { CommanderError } from 'commander'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import { errorTable } from '#shared/errors/table.ts'
import { createProgram } from './program.ts'

try {
  await createProgram().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : errorTable.USAGE.exit
  } else {
    const known = asJetwayError(error)
    process.stderr.write(`${known.entry.title}\n${known.message}\n${known.action}\n`)
    if (known.code === 'INTERNAL') process.stderr.write(`${(known.cause as Error)?.stack ?? known.cause}\n`)
    process.exitCode = known.entry.exit
  }
}
