import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { filterKind } from './filter.ts'

/**
 * Refuses paths, as the upstream would read them: percent-decoded, and without the query.
 *
 * @throws FILTERED (a retry does not help)
 */
export const pathDeny = filterKind(
  'path-deny',
  'Refuses paths.',
  {
    paths: z
      .array(
        z
          .string()
          .regex(/^(\/([^/*?#]+|\*))+(\/\*\*)?$|^\/\*\*$/, 'a path, `*` for a segment, `/**` at the end'),
      )
      .min(1)
      .describe(
        'Which: `*` stands for one segment, `/**` at the end for whatever follows, e.g. /api/v2/connections/**',
      ),
  },
  ({ paths }, { contact }) => {
    const patterns = paths.map((path) => path.slice(1).split('/'))
    return (next) => (exchange) => {
      const path = decodeURIComponent((exchange.request.url ?? '/').split('?', 1)[0] as string)
      const segments = path.slice(1).split('/')
      if (segments.length > 1 && segments.at(-1) === '') segments.pop()
      if (patterns.some((pattern) => matches(pattern, segments)))
        throw new JetwayError('FILTERED', { what: path, contact })
      return next(exchange)
    }
  },
)

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === '**'
  const fixed = isOpen ? pattern.length - 1 : pattern.length
  if (isOpen ? segments.length < fixed : segments.length !== fixed) return false
  for (let i = 0; i < fixed; i += 1) if (pattern[i] !== '*' && pattern[i] !== segments[i]) return false
  return true
}
