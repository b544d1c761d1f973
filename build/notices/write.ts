import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundledPackages } from '../bundled-packages.ts'
import { run } from '../setup/run.ts'
import { readPackages, type ShippedPackage } from './packages.ts'

const root = join(import.meta.dirname, '../..')

/** Of `npm sbom`, as far as it is looked at. */
interface Bom {
  readonly metadata: { readonly component: Readonly<Record<string, unknown>> & { 'bom-ref': string } }
  readonly components: readonly {
    readonly 'bom-ref': string
    readonly name: string
    readonly version: string
  }[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

/** Not bundled, and shipped whole. */
const whole = ['keytar', 'node', 'electron'].map((name) => join(root, 'node_modules', name))

/**
 * Writes what the package says of what is in it: `THIRD-PARTY-LICENSES.txt`, and `sbom.cdx.json`, a bill of materials in
 * CycloneDX, both of exactly what the bundles took something from.
 *
 * @param electronVersion of the one that is packed
 * @throws Error where a licence is not allowed
 */
export async function writeNotices(folder: string, electronVersion: string): Promise<void> {
  const own: Readonly<Record<string, Partial<ShippedPackage>>> = {
    electron: { version: electronVersion },
    // Its package says where the package comes from.
    node: { homepage: 'https://nodejs.org' },
  }
  const packages = (await readPackages([...bundledPackages(), ...whole])).map((one) =>
    own[one.name] === undefined ? one : { ...one, ...own[one.name] },
  )
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), licences(packages))
  await writeFile(
    join(folder, 'sbom.cdx.json'),
    `${JSON.stringify(await billOfMaterials(packages), null, 1)}\n`,
  )
  await writeFile(join(folder, 'LICENSE.txt'), await readFile(join(root, 'LICENSE')))
}

function licences(packages: readonly ShippedPackage[]): string {
  const line = '-'.repeat(80)
  const sections = packages.map(({ name, version, licence, homepage, texts }) => {
    const text = texts.length > 0 ? texts.map((t) => t.trim()).join('\n\n') : 'It brings no text of it.'
    return `${line}\n${name} ${version}\n${licence}${homepage === null ? '' : `\n${homepage}`}\n\n${text}\n`
  })
  return `Jetway is under the Apache License 2.0 (LICENSE.txt). It is shipped with the following.
What Electron and Chromium are made of stands in LICENSES.chromium.html, what Node is made of in
https://github.com/nodejs/node/blob/v${process.versions.node}/LICENSE

${sections.join('\n')}`
}

async function billOfMaterials(packages: readonly ShippedPackage[]): Promise<object> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
  const bom = JSON.parse(await run('npm', args, { cwd: root })) as Bom
  const own = bom.metadata.component
  const wanted = new Map(packages.map(({ name, version }) => [name, version]))
  const components = bom.components
    .filter(({ name, version }) => name === 'electron' || wanted.get(name) === version)
    .map((one) => {
      const version = wanted.get(one.name) as string
      if (one.version === version) return one
      // Another Electron than the lock file names: nothing else that is said of that one is true of it.
      return { type: 'framework', 'bom-ref': `${one.name}@${version}`, name: one.name, version }
    })
  const missing = packages.filter(({ name }) => !components.some((one) => one.name === name))
  if (missing.length > 0) throw new Error(`Not in npm's bill: ${missing.map(({ name }) => name).join(', ')}`)
  const refs = new Set(components.map((one) => one['bom-ref']))
  return {
    ...bom,
    metadata: { ...bom.metadata, component: { ...own, type: 'application', name: 'jetway' } },
    components,
    dependencies: [
      { ref: own['bom-ref'], dependsOn: [...refs] },
      ...bom.dependencies
        .filter(({ ref }) => refs.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((name) => refs.has(name)) })),
    ],
  }
}
