import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mayBeShipped } from './licence.ts'

/** A package that is shipped, with what it says of itself. */
export interface ShippedPackage {
  readonly name: string
  readonly version: string
  /** SPDX expression. */
  readonly licence: string
  readonly homepage: string | null
  /** The files with licences and notices, whole; empty where it brings none. */
  readonly texts: readonly string[]
}

/**
 * Reads what the packages in these folders say of themselves.
 *
 * @throws Error naming all whose licence is not allowed or not said
 */
export async function readPackages(folders: readonly string[]): Promise<readonly ShippedPackage[]> {
  const all = await Promise.all(folders.map(readPackage))
  const refused = all.filter(({ licence }) => !mayBeShipped(licence))
  if (refused.length > 0)
    throw new Error(
      `May not be shipped: ${refused.map(({ name, version, licence }) => `${name}@${version} (${licence || 'no licence'})`).join(', ')}`,
    )
  const byName = new Map(all.map((one) => [`${one.name}@${one.version}`, one]))
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function readPackage(folder: string): Promise<ShippedPackage> {
  const about = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const { version, license, homepage, repository } = about
  // As it is installed: what it calls itself may be an alias of that.
  const name = folder.slice(folder.lastIndexOf('/node_modules/') + '/node_modules/'.length)
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort()
  return {
    name,
    version,
    licence: typeof license === 'string' ? license : (license?.type ?? ''),
    homepage: homepage ?? (typeof repository === 'string' ? repository : (repository?.url ?? null)),
    texts: await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8'))),
  }
}
