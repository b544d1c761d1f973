import { parseArgs } from 'node:util'

/** What goes where: a file, or the content of a folder. */
export interface Content {
  readonly from: string
  /** Absolute, on the machine that it is installed on. */
  readonly to: string
}

export interface PackageOptions {
  readonly type: 'deb' | 'rpm'
  /** The file to make. */
  readonly output: string
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly maintainer: string
  readonly vendor: string
  readonly url: string
  readonly licence: string
  readonly category: string
  /** One line. */
  readonly summary: string
  readonly description: string
  readonly depends: readonly string[]
  readonly recommends: readonly string[]
  /** Scripts of this machine. */
  readonly afterInstall: string
  readonly afterRemove: string
  /** Of zstd, 1 to 19. */
  readonly level: number
  readonly contents: readonly Content[]
}

const text = { type: 'string' } as const
const list = { type: 'string', multiple: true } as const

/**
 * Reads what electron-builder says to fpm, and `--compression-level`, which is of electron.builder.yml.
 *
 * @see https://fpm.readthedocs.io/en/latest/cli-reference.html
 * @throws Error for anything that it does not know: a package is made as it was meant, or not at all
 */
export function readPackageOptions(args: readonly string[]): PackageOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      'input-type': { ...text, short: 's' },
      'output-type': { ...text, short: 't' },
      force: { type: 'boolean' },
      depends: { ...list, short: 'd' },
      'deb-recommends': list,
      'deb-priority': text,
      'rpm-os': text,
      'rpm-summary': text,
      'deb-compression': text,
      'rpm-compression': text,
      'compression-level': text,
      architecture: text,
      'after-install': text,
      'after-remove': text,
      description: text,
      version: text,
      package: text,
      name: text,
      maintainer: text,
      vendor: text,
      url: text,
      category: text,
      license: text,
    },
  })
  const said = (name: Exclude<keyof typeof values, 'force' | 'depends' | 'deb-recommends'>): string => {
    const value = values[name]
    if (value === undefined || value === '') throw new Error(`--${name} is missing`)
    return value
  }
  const type = said('output-type')
  if (type !== 'deb' && type !== 'rpm') throw new Error(`no package is of type ${type}`)
  if (said('input-type') !== 'dir') throw new Error('packages are made of folders alone')
  const level = Number(said('compression-level'))
  if (!(Number.isInteger(level) && level >= 1 && level <= 19))
    throw new Error('--compression-level is not 1 to 19')
  const [first, ...rest] = said('description')
    .split('\n')
    .map((line) => line.trim())
  return {
    type,
    output: said('package'),
    name: said('name'),
    version: said('version'),
    architecture: said('architecture'),
    maintainer: said('maintainer'),
    vendor: said('vendor'),
    url: said('url'),
    licence: said('license'),
    category: said('category'),
    summary: values['rpm-summary'] ?? (first as string),
    description: (type === 'rpm' ? [first, ...rest] : rest).join('\n'),
    depends: values.depends ?? [],
    recommends: values['deb-recommends'] ?? [],
    afterInstall: said('after-install'),
    afterRemove: said('after-remove'),
    level,
    contents: positionals.map(readContent),
  }
}

function readContent(mapping: string): Content {
  const at = mapping.lastIndexOf('=')
  const [from, to] = [mapping.slice(0, at), mapping.slice(at + 1)]
  if (at < 1 || !to.startsWith('/') || to.split('/').includes('..'))
    throw new Error(`${mapping} does not say where what goes`)
  return { from, to }
}
