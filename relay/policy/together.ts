import { suffices } from '#shared/airflow/roles.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Decision } from './decision.ts'

/** So many of what is forbidden are named in an error; the rest is counted. */
const maxNamed = 5

/**
 * One decision on a request from those on all that it touches: an allow only where each of them is one, with the policies
 * and obligations of all, and with the role in Airflow that is enough for all.
 *
 * @param decisions at least one
 */
export function together(decisions: readonly Decision[]): Decision {
  const [first, ...others] = decisions
  if (first === undefined) throw new JetwayError('INTERNAL')
  const denials = decisions.filter((decision) => decision.effect === 'deny')
  const [denial] = denials
  if (denial) return { ...denial, error: naming(denials.map(({ error }) => error)) }
  return others.reduce((all, one) => (one === all ? all : both(all, one)), first)
}

function both(one: Decision, other: Decision): Decision {
  if (one.effect === 'deny') return one
  if (other.effect === 'deny') return other
  const dags = common(one.dags, other.dags)
  return {
    effect: 'allow',
    policies: [...new Set([...one.policies, ...other.policies])],
    obligations: [...new Set([...one.obligations, ...other.obligations])],
    airflowRole: suffices(one.airflowRole, other.airflowRole) ? one.airflowRole : other.airflowRole,
    ...(dags ? { dags } : {}),
  }
}

/** Patterns that both have, as far as the patterns themselves show it: rather less than too much. */
function common(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!one || other?.includes('*')) return other ? (one ?? other) : one
  if (!other || one.includes('*')) return other ?? one
  return one.filter((pattern) => other.includes(pattern))
}

/** The first error, with everything in it that is forbidden for the same reason. */
function naming(errors: readonly JetwayError[]): JetwayError {
  const [first] = errors as [JetwayError]
  if (first.code !== 'FORBIDDEN') return first
  const resources = [
    ...new Set(
      errors
        .filter(({ code, params }) => code === 'FORBIDDEN' && params.verb === first.params.verb)
        .map(({ params }) => String(params.resource)),
    ),
  ]
  if (resources.length === 1) return first
  const more = resources.length - maxNamed
  const resource = `${resources.slice(0, maxNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return new JetwayError('FORBIDDEN', { ...first.params, resource })
}
