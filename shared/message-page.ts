import { escapeHtml } from './errors/page.ts'

/** A few words to a person in a browser; to be served with `pageSecurityPolicy`. */
export function messagePage(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · Jetway</title>
<style>
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--text:#1b2230;--soft:#5a6475;--line:#dfe3ea}
@media (prefers-color-scheme:dark){:root{--bg:#12161d;--card:#1b212b;--text:#e9edf4;--soft:#9aa5b8;--line:#2d3644}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--bg);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{padding:32px 40px;background:var(--card);border:1px solid var(--line);border-radius:14px;text-align:center}
h1{margin:0 0 8px;font-size:22px}
p{margin:0;color:var(--soft)}
</style>
<main><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p></main>
</html>
`
}
