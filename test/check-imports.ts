/**
 * Holds the direction of imports: shared ← client ← main, cli; shared ← relay; shared ← renderer. `relay` and `client`
 * never meet, and `shared` is pure. With a folder as argument it checks that one instead (the fixture that must fail).
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

/** What each part may import besides itself: other parts, `node:` and packages (`*` for any). */
const rules: Readonly<
  Record<string, { readonly parts: readonly string[]; readonly packages: readonly string[] }>
> = {
  shared: { parts: [], packages: ['yaml', 'zod'] },
  client: {
    parts: ['shared'],
    packages: [
      ...['node:*', 'jose', 'openid-client', 'undici', 'ws', 'zod', 'keytar'],
      ...['@aws-crypto/sha256-js', '@aws-sdk', '@smithy/signature-v4'],
    ],
  },
  cli: { parts: ['shared', 'client'], packages: ['node:*', 'commander', 'open'] },
  main: { parts: ['shared', 'client'], packages: ['node:*', 'electron', 'electron-updater', 'zod'] },
  relay: {
    parts: ['shared'],
    packages: [
      ...['node:*', 'commander', 'jose', 'pino', 'prom-client', 'undici', 'ws', 'yaml', 'zod'],
      '@cedar-policy/cedar-wasm',
      '@node-saml/node-saml',
      '@opentelemetry',
    ],
  },
  renderer: {
    parts: ['shared', 'build/icons'],
    packages: ['react', 'react-dom', 'react-aria-components', 'lucide-react', '@fontsource-variable/inter'],
  },
}

const root = process.argv[2] ?? join(import.meta.dirname, '..')
const mistakes = Object.keys(rules).flatMap((part) =>
  globSync(`${part}/**/*.{ts,tsx}`, { cwd: root }).flatMap((file) =>
    importsOf(join(root, file))
      .filter((specifier) => !allowed(part, file, specifier))
      .map((specifier) => `${file} must not import ${specifier}`),
  ),
)
if (mistakes.length > 0) {
  process.stderr.write(`${mistakes.join('\n')}\n`)
  process.exit(1)
}

function importsOf(path: string): string[] {
  const source = readFileSync(path, 'utf8')
  return [...source.matchAll(/(?<!')(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, specifier]) => specifier as string,
  )
}

function allowed(part: string, file: string, specifier: string): boolean {
  const { parts, packages } = rules[part] as (typeof rules)[string]
  const own = specifier.startsWith('.')
    ? relative('.', normalize(join(dirname(file), specifier)))
    : specifier.startsWith('#')
      ? specifier.slice(1)
      : null
  if (own !== null) return [part, ...parts].some((name) => own.startsWith(`${name}/`))
  if (specifier.startsWith('node:')) return packages.includes('node:*')
  return packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))
}
