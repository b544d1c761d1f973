import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseCases } from '../../../relay/policy/cases.ts'

const root = join(import.meta.dirname, '../../..')
const examples = join(root, 'docs/examples/policy')
const document = readFileSync(join(root, 'docs/policy-commands.md'), 'utf8')
const blocks = (language: string) =>
  [...document.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)\`\`\`$`, 'gms'))].map(
    ([, text]) => text as string,
  )

const commands = blocks('console').flatMap((block) =>
  block.split(/^\$ /m).flatMap((part) => {
    const [command = '', ...output] = part.split('\n')
    return command === '' ? [] : [{ command, output: output.join('\n').trim() }]
  }),
)

test('all five commands are shown', () => {
  const shown = commands.map(({ command }) => command.split(' ')[2])
  expect(new Set(shown)).toEqual(new Set(['check', 'explain', 'test', 'diff', 'creep']))
})

test.each(commands)('$command prints what the document says', ({ command, output }) => {
  const [program, ...args] = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare,
  )
  expect(program).toBe('jetway-relay')
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'relay/main.ts'), ...(args as string[])],
    { cwd: examples, encoding: 'utf8' },
  )
  expect((stdout + stderr).trim()).toBe(output)
})

test('the cases that are shown are those of the file', () => {
  const [shown = ''] = blocks('yaml')
  const file = readFileSync(join(examples, 'cases.yaml'), 'utf8')
  expect(file.startsWith(shown)).toBe(true)
  expect(parseCases('cases.yaml', shown)).toHaveLength(2)
})
