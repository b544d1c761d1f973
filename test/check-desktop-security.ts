/**
 * Holds the desktop app's code to what keeps a page of it harmless: how windows are made, who may open what, where code may
 * come from. The run-time side is test/desktop/security.test.ts. With a folder as argument it checks that one instead (the
 * fixture that must fail).
 *
 * @see https://www.electronjs.org/docs/latest/tutorial/security
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Rule {
  /** Files, as globs. */
  readonly in: readonly string[]
  /** Files that are what the rule is about. */
  readonly except?: readonly string[]
  readonly refuses: RegExp
  readonly says: string
}

const code = '**/*.{ts,tsx,js,html}'

const rules: readonly Rule[] = [
  {
    in: [`main/${code}`, `renderer/${code}`],
    refuses: /\beval\s*\(|\bnew Function\b|\bexecuteJavaScript\b|\binsertCSS\b/,
    says: 'runs text as code',
  },
  {
    in: [`renderer/${code}`],
    refuses:
      /\b(inner|outer)HTML\b|\bdangerouslySetInnerHTML\b|\binsertAdjacentHTML\b|\bdocument\.write\b|\bsrcdoc\b/,
    says: 'makes a page out of text',
  },
  {
    in: [`renderer/${code}`],
    // Addresses that people read or type are no places to load from.
    refuses:
      /\b(?:src|href|action|fetch|import|url|WebSocket|EventSource)\s*[=(]\s*\{?\s*[`'"]?(?:https?|wss?):/i,
    says: 'loads from elsewhere',
  },
  {
    in: [`renderer/${code}`],
    refuses: /<(?:webview|iframe|object|embed)\b/,
    says: 'embeds another page',
  },
  {
    in: [`main/${code}`],
    except: ['main/security/open-external.ts'],
    refuses: /\bshell\.openExternal\b|\bopenExternal\b.*from 'electron'/,
    says: 'opens addresses past main/security/open-external.ts',
  },
  {
    in: [`main/${code}`],
    refuses:
      /\b(?:nodeIntegration(?:InWorker|InSubFrames)?|webviewTag|allowRunningInsecureContent|experimentalFeatures|enableBlinkFeatures|navigateOnDragDrop)\s*:(?!\s*false\b)|\b(?:contextIsolation|sandbox|webSecurity)\s*:(?!\s*true\b)/,
    says: 'weakens what a page is kept in',
  },
  {
    in: [`main/${code}`],
    refuses:
      /\b(?:setCertificateVerifyProc|setSSLConfig)\b|'certificate-error'|NODE_TLS_REJECT_UNAUTHORIZED|rejectUnauthorized\s*:\s*false|ignore-certificate-errors|remote-debugging|disable-web-security/,
    says: 'takes what is not trusted',
  },
  {
    in: [`main/${code}`],
    except: ['main/ipc/manager.ts', 'main/preload.ts'],
    refuses: /\bipcMain\s*\.\s*(?:on|once|handle|handleOnce)\b|\bsendSync\b|@electron\/remote/,
    says: 'answers a page past main/ipc/manager.ts',
  },
  {
    in: [`main/${code}`],
    except: ['main/window/main-window.ts'],
    refuses: /\bnew (?:BrowserWindow|WebContentsView|BrowserView|BaseWindow)\b|\.loadURL\(|\.loadFile\(/,
    says: 'makes a window past main/window/main-window.ts',
  },
  {
    in: ['main/preload.ts'],
    refuses: /exposeInMainWorld\([^)]*\bipcRenderer\b|:\s*ipcRenderer\b|^(?!import\b).*\bipcRenderer\s*[,}]/,
    says: 'hands the page more than functions',
  },
]

/** What has to be said, not left to a default. */
const required: readonly { readonly in: string; readonly says: readonly RegExp[] }[] = [
  {
    in: 'main/window/main-window.ts',
    says: [
      /\bsandbox: true\b/,
      /\bcontextIsolation: true\b/,
      /\bnodeIntegration: false\b/,
      /\bwebviewTag: false\b/,
    ],
  },
  { in: 'main/security/app-protocol.ts', says: [/default-src 'none'/, /script-src 'self'/] },
  { in: 'main/preload.ts', says: [/exposeInMainWorld\(\s*'jetway'/, /Object\.freeze/] },
]

const [given] = process.argv.slice(2)
const root = given ?? join(import.meta.dirname, '..')
const read = (file: string) => withoutComments(readFileSync(join(root, file), 'utf8'))

const mistakes = [
  ...rules.flatMap((rule) =>
    globSync(rule.in, { cwd: root })
      .filter((file) => !(rule.except ?? []).includes(file))
      .flatMap((file) => {
        const lines = read(file).split('\n')
        return lines.flatMap((line, i) => (rule.refuses.test(line) ? [`${file}:${i + 1} ${rule.says}`] : []))
      }),
  ),
  ...required.flatMap(({ in: file, says }) =>
    says
      .filter((pattern) => !pattern.test(read(file)))
      .map((pattern) => `${file} does not say ${pattern.source}`),
  ),
]
if (mistakes.length > 0) {
  process.stderr.write(`${mistakes.join('\n')}\n`)
  process.exit(1)
}

/** Lines stay where they are. An address's `//` is no comment. */
function withoutComments(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
}
