import { chmod, cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../setup/run.ts'
import type { PackageOptions } from './options.ts'

/**
 * @param tree what is installed
 * @see https://www.debian.org/doc/debian-policy/ch-controlfields.html
 */
export async function buildDeb(tree: string, o: PackageOptions): Promise<void> {
  const [kilobytes] = (await run('du', ['-sk', tree])).split('\t')
  // For `dpkg --verify`.
  const found = await run('find', ['.', '-type', 'f', '-printf', '%P\\0'], { cwd: tree })
  const paths = found.split('\0').slice(0, -1).sort()
  const md5sums = await run('md5sum', ['--', ...paths], { cwd: tree })
  const control = join(tree, 'DEBIAN')
  await mkdir(control, { mode: 0o755 })
  await writeFile(join(control, 'md5sums'), md5sums)
  const fields: Readonly<Record<string, string>> = {
    Package: o.name,
    Version: o.version,
    Architecture: o.architecture,
    Maintainer: o.maintainer,
    'Installed-Size': kilobytes as string,
    Depends: o.depends.join(', '),
    Recommends: o.recommends.join(', '),
    Section: o.category,
    Priority: 'optional',
    Homepage: o.url,
    Description: [o.summary, ...o.description.split('\n').map((line) => ` ${line || '.'}`)].join('\n'),
  }
  const lines = Object.entries(fields).flatMap(([name, value]) => (value === '' ? [] : `${name}: ${value}\n`))
  await writeFile(join(control, 'control'), lines.join(''))
  for (const [name, script] of [
    ['postinst', o.afterInstall],
    ['postrm', o.afterRemove],
  ] as const) {
    await cp(script, join(control, name))
    await chmod(join(control, name), 0o755)
  }
  await run('dpkg-deb', ['--root-owner-group', '-Zzstd', `-z${o.level}`, '--build', tree, o.output])
}
