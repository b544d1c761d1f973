import { escapeHtml } from '#shared/errors/page.ts'
import { passwordOf, people } from './people.ts'

/** The provider's sign-in form. It names the people and their passwords: this is a demo. */
export function loginPage(uid: string, message: string | null): string {
  const rows = Object.entries(people)
    .map(
      ([id, { about }]) =>
        `<tr><td><code>${id}</code></td><td><code>${passwordOf(id)}</code></td><td>${escapeHtml(about)}</td></tr>`,
    )
    .join('\n')
  return page(
    'Sign in',
    `<form method="post" action="/login/${encodeURIComponent(uid)}">
<h1>Sign in to Example Corp</h1>
${message === null ? '' : `<p class="error" role="alert">${escapeHtml(message)}</p>`}
<label>User <input name="username" autocomplete="username" autofocus required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>
<details open><summary>People of the demo</summary><table>${rows}</table></details>`,
  )
}

/** A page of the provider around some content. */
export function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · Example Corp</title>
<style>
:root{color-scheme:light dark;--bg:#eef1f4;--card:#fff;--text:#1d2733;--soft:#566273;--line:#d5dce4;--brand:#0f766e;--on-brand:#fff}
@media (prefers-color-scheme:dark){:root{--bg:#10151a;--card:#19212a;--text:#e8edf3;--soft:#9aa8b8;--line:#2c3845;--brand:#2dd4bf;--on-brand:#06231f}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-content:center;gap:20px;padding:24px;background:var(--bg);color:var(--text);font:16px/1.5 system-ui,sans-serif}
form,details{width:min(460px,calc(100vw - 48px));padding:28px;background:var(--card);border:1px solid var(--line);border-radius:12px}
details{padding:16px 28px;color:var(--soft);font-size:14px}
h1{margin:0 0 16px;font-size:20px}
label{display:grid;gap:4px;margin-bottom:14px;font-size:14px;color:var(--soft)}
input{padding:10px 12px;font:inherit;color:var(--text);background:transparent;border:1px solid var(--line);border-radius:8px}
button{width:100%;padding:11px;font:inherit;font-weight:600;color:var(--on-brand);background:var(--brand);border:0;border-radius:8px;cursor:pointer}
:focus-visible{outline:2px solid var(--brand);outline-offset:2px}
.error{margin:0 0 14px;color:#b42318}
@media (prefers-color-scheme:dark){.error{color:#ff9d92}}
td{padding:3px 10px 3px 0;vertical-align:top}
</style>
${content}
</html>
`
}
