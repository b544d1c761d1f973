import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { protocol } from 'electron'

const scheme = 'app'

/** Where the window's page lives. Nothing else may be loaded into a window of ours. */
export const pageUrl = `${scheme}://jetway/index.html`
export const pageOrigin = `${scheme}://jetway/`

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
}

/** Must run before `ready`. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, codeCache: true } },
  ])
}

/** Serves the renderer's files, and only these, from `rootDir`. */
export function serveApp(rootDir: string): void {
  protocol.handle(scheme, async (request) => {
    const url = new URL(request.url)
    const file = join(rootDir, normalize(decodeURIComponent(url.pathname)))
    const contentType = contentTypes[extname(file)]
    if (request.method !== 'GET' || url.host !== 'jetway' || !file.startsWith(rootDir + sep))
      return refused(403)
    if (contentType === undefined) return refused(404)
    try {
      const body = await readFile(file)
      return contentType.startsWith('text/html') ? page(body.toString('utf8')) : asset(body, contentType)
    } catch {
      return refused(404)
    }
  })
}

/**
 * The page carries a nonce of its own for the one style element that the component library adds at run time
 * (touch-action of pressable elements); everything else comes from files.
 */
function page(html: string): Response {
  const nonce = randomBytes(18).toString('base64')
  const body = html.replace('<head>', `<head>\n    <meta property="csp-nonce" nonce="${nonce}" />`)
  return new Response(body, {
    headers: {
      'content-type': contentTypes['.html'] as string,
      'content-security-policy': contentSecurityPolicy(nonce),
      'cache-control': 'no-store',
      ...always,
    },
  })
}

function asset(body: Buffer<ArrayBuffer>, contentType: string): Response {
  return new Response(body, { headers: { 'content-type': contentType, ...always } })
}

function refused(status: number): Response {
  return new Response(null, { status, headers: always })
}

const always = {
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
}

function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}
