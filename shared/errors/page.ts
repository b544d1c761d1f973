import type { Problem } from './problem.ts'

/** The policy that a problem page is served with: its own style and nothing else. */
export const pageSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Whether a person looks at the answer: a browser's navigation, not a script, not an image. */
export function wantsPage(
  method: string | undefined,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): boolean {
  return (
    (method === 'GET' || method === 'HEAD') &&
    String(headers.accept ?? '').includes('text/html') &&
    (headers['sec-fetch-mode'] ?? 'navigate') === 'navigate' &&
    headers['x-requested-with'] === undefined
  )
}

/** A problem as a page for a person in a browser: self-contained, light and dark, no script. */
export function problemPage(problem: Problem): string {
  const reference = problem.instance?.split(':').at(-1)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(problem.title)} · Jetway</title>
<style>${style}</style>
<main>
<p class="brand">${mark} Jetway</p>
<h1>${escapeHtml(problem.title)}</h1>
<p>${escapeHtml(problem.detail)}</p>
<p class="action">${escapeHtml(problem.action)}</p>
<p class="small">${problem.code}${reference ? ` · request ${escapeHtml(reference)}` : ''}</p>
</main>
</html>
`
}

const style = `
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--text:#1b2230;--soft:#5a6475;--line:#dfe3ea;--brand:#1f5fd0}
@media (prefers-color-scheme:dark){:root{--bg:#12161d;--card:#1b212b;--text:#e9edf4;--soft:#9aa5b8;--line:#2d3644;--brand:#7fb0ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--bg);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{width:min(100%,520px);padding:32px;background:var(--card);border:1px solid var(--line);border-radius:14px}
h1{margin:0 0 12px;font-size:22px;line-height:1.25;text-wrap:balance}
p{margin:0 0 12px;overflow-wrap:anywhere}
.brand{display:flex;align-items:center;gap:8px;margin-bottom:20px;color:var(--soft);font-size:14px;font-weight:600}
.brand svg{color:var(--brand)}
.action{padding:12px 14px;border-left:3px solid var(--brand);background:var(--bg);border-radius:0 8px 8px 0}
.small{margin:20px 0 0;color:var(--soft);font-size:13px}`

const mark =
  '<svg width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M2 14h16M4 14V9l7-4 7 4v5M8 14v-3h6v3"/></svg>'

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}
