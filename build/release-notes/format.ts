interface Change {
  readonly type: string
  readonly scope: string | null
  readonly text: string
  /** What a `BREAKING CHANGE` footer says, or the subject where `!` alone says that it breaks; null for neither. */
  readonly breaks: string | null
}

/** Headings of what people notice, in their order. Other types are about the repository alone. */
const headings: Readonly<Record<string, string>> = {
  feat: 'New',
  fix: 'Fixed',
  perf: 'Faster',
}

/**
 * Release notes of a log of commits, each as its subject, NUL, its body, RS (0x1e).
 *
 * @see https://www.conventionalcommits.org/en/v1.0.0/
 */
export function releaseNotes(log: string): string {
  const changes = log.split('\x1e').flatMap((commit) => readChange(commit.trim()) ?? [])
  const breaking = changes.flatMap(({ breaks, scope }) => (breaks === null ? [] : line(scope, breaks)))
  const sections = [
    ['What breaks', breaking] as const,
    ...Object.entries(headings).map(([type, heading]) => {
      const lines = changes
        .filter((change) => change.type === type)
        .map(({ scope, text }) => line(scope, text))
      return [heading, lines] as const
    }),
  ]
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([heading, lines]) => `## ${heading}\n\n${lines.join('\n')}\n`)
    .join('\n')
}

function readChange(commit: string): Change | null {
  const [subject = '', body = ''] = commit.split('\0')
  const [, type, scope = null, bang, text] = /^([a-z]+)(?:\(([^)]+)\))?(!)?: (.+)$/.exec(subject) ?? []
  if (type === undefined || text === undefined) return null
  const footer = /^BREAKING[ -]CHANGE: ([\s\S]+?)(?=\n\n|\n[\w-]+: |$(?![\s\S]))/m.exec(body)?.[1] ?? null
  return { type, scope, text, breaks: footer?.replaceAll('\n', ' ') ?? (bang === '!' ? text : null) }
}

function line(scope: string | null, text: string): string {
  return `- ${scope === null ? '' : `**${scope}**: `}${text}`
}
