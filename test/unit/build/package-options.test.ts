import { expect, test } from 'vitest'
import { readPackageOptions } from '../../../build/linux-packages/options.ts'

/** As electron-builder 26 says it. */
const said = (type: string, ...more: readonly string[]) => [
  ...['-s', 'dir', '--force', '-t', type, '-d', 'gtk3', '-d', '(libXtst or libXtst6)'],
  ...['--architecture', 'x86_64', '--after-install', '/tmp/install', '--after-remove', '/tmp/remove'],
  ...['--description', 'Airflow at localhost\n A desktop client.', '--version', '1.2.3'],
  ...['--package', '/out/jetway.pkg', '--name', 'jetway', '--maintainer', 'Jetway <a@jetway.invalid>'],
  ...['--vendor', 'Jetway', '--url', 'https://jetway.invalid/', '--category', 'net'],
  ...['--license', 'Apache-2.0', '--compression-level', '19', ...more],
  '/build/linux-unpacked/=/opt/Jetway',
  '/build/16=16.png=/usr/share/icons/hicolor/16x16/apps/jetway-desktop.png',
]

test('a .deb', () => {
  expect(readPackageOptions(said('deb', '--deb-compression', 'xz', '--deb-priority', 'optional'))).toEqual({
    type: 'deb',
    output: '/out/jetway.pkg',
    name: 'jetway',
    version: '1.2.3',
    architecture: 'x86_64',
    maintainer: 'Jetway <a@jetway.invalid>',
    vendor: 'Jetway',
    url: 'https://jetway.invalid/',
    licence: 'Apache-2.0',
    category: 'net',
    summary: 'Airflow at localhost',
    description: 'A desktop client.',
    depends: ['gtk3', '(libXtst or libXtst6)'],
    recommends: [],
    afterInstall: '/tmp/install',
    afterRemove: '/tmp/remove',
    level: 19,
    contents: [
      { from: '/build/linux-unpacked/', to: '/opt/Jetway' },
      { from: '/build/16=16.png', to: '/usr/share/icons/hicolor/16x16/apps/jetway-desktop.png' },
    ],
  })
})

test('an .rpm has its summary beside the description', () => {
  const { summary, description } = readPackageOptions(
    said('rpm', '--rpm-summary', 'Airflow', '--rpm-os', 'linux'),
  )
  expect([summary, description]).toEqual(['Airflow', 'Airflow at localhost\nA desktop client.'])
})

test.each([
  ['a format of others', said('pacman')],
  ['an option that nobody knows', said('deb', '--deb-no-default-config-files')],
  ['a file without a place', said('deb', '/build/file')],
  ['a place that is none', said('deb', '/build/file=opt/Jetway')],
  ['a place outside', said('deb', '/build/file=/opt/../../etc/passwd')],
  ['a level that is none', said('deb', '--compression-level', 'high')],
  ['a level below the least', said('deb', '--compression-level', '0')],
  ['a level above the most', said('deb', '--compression-level', '20')],
  ['no name', said('deb').filter((word) => word !== '--name' && word !== 'jetway')],
])('%s is refused', (_, args) => {
  expect(() => readPackageOptions(args)).toThrow()
})

test('the least level', () => {
  expect(readPackageOptions(said('deb', '--compression-level', '1')).level).toBe(1)
})
