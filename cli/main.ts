#!/usr/bin/env -S node --max-semi-space-size=2
import { run } from './program.ts'

// The heap starts at a size at which message buffers do not set off collections; see docs/performance.md.
process.exitCode = await run(process.argv.slice(2))
