import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { autostartEntry, isEnabledEntry } from '../../../../main/settings/autostart-entry.ts'

test('an entry starts the app into the tray', () => {
  const entry = autostartEntry(['/opt/Jetway/jetway', '--hidden'])
  expect(entry).toContain('\nExec=/opt/Jetway/jetway --hidden\n')
  expect(isEnabledEntry(entry)).toBe(true)
})

test.each(['Hidden=true', 'X-GNOME-Autostart-enabled=false', 'Hidden = true'])('%s turns it off', (line) => {
  const entry = autostartEntry(['/opt/jetway'])
  expect(isEnabledEntry(`${entry.replace('X-GNOME-Autostart-enabled=true\n', '')}${line}\n`)).toBe(false)
})

/** A path as a person might have it, through the two ways of quoting and back. */
test('signs that mean something to a command line stay part of the path', () => {
  const path = '/home/ana/My "Apps"/100% $HOME `x` \\ jetway'
  const [, exec = ''] = /^Exec=(.*)$/m.exec(autostartEntry([path, '--hidden'])) ?? []
  // First as a string of the file, then field codes, then as a command line.
  const line = exec.replaceAll('\\\\', '\\').replaceAll('%%', '%')
  expect(execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' })).toBe(
    `${path}\n--hidden\n`,
  )
})
