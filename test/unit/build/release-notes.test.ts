import { expect, test } from 'vitest'
import { releaseNotes } from '../../../build/release-notes/format.ts'

const log = (...commits: [subject: string, body?: string][]) =>
  commits.map(([subject, body = '']) => `${subject}\0${body}\x1e\n`).join('')

test('people read what is new, fixed and faster; the rest is left out', () => {
  expect(
    releaseNotes(
      log(
        ['feat(cli): jetway doctor'],
        ['fix: a port is freed'],
        ['perf(relay): half the time'],
        ['test(relay): more of it'],
        ['Merge branch x'],
      ),
    ),
  ).toBe(`## New

- **cli**: jetway doctor

## Fixed

- a port is freed

## Faster

- **relay**: half the time
`)
})

test('what breaks stands first, by its mark or by its footer', () => {
  const text = releaseNotes(
    log(
      ['feat!: another format'],
      ['fix(relay): stricter', 'Why.\n\nBREAKING CHANGE: old keys\nare refused\n\nRefs: 7'],
    ),
  )
  expect(text.slice(0, text.indexOf('## New'))).toBe(`## What breaks

- another format
- **relay**: old keys are refused

`)
})

test('nothing is nothing', () => expect(releaseNotes(log(['docs: words']))).toBe(''))
