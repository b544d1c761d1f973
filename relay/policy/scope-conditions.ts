/** What a rule is for, as conditions: services, paths, DAGs. */
import { tagsAreUnknown } from './cedar-request.ts'
import { joined, likePattern, namespaced, setOf } from './cedar-text.ts'
import type { Condition } from './conditions.ts'
import { noUses } from './uses.ts'

/** @param attribute that names the service */
export function servicesCondition(attribute: string, services: readonly string[]): Condition {
  return {
    kind: 'services',
    cedar: `${setOf(services)}.contains(resource.${attribute})`,
    uses: noUses,
    asks: `for ${services.join(', ')}`,
    words: () => `only for ${services.join(', ')}`,
  }
}

export function pathsCondition(paths: readonly string[]): Condition {
  return {
    kind: 'paths',
    cedar: joined(
      '||',
      paths.map((glob) => `resource.path like ${likePattern(glob)}`),
    ),
    uses: noUses,
    asks: `for ${paths.join(', ')}`,
    words: () => `only for ${paths.join(', ')}`,
  }
}

/** What is no DAG is in where everything is; of all DAGs together nothing is known that a pattern could match. */
export function scopeConditions(dags: readonly string[], tags: readonly string[] | null): Condition[] {
  const dagCondition: Condition = {
    kind: 'dags',
    ...ofDags(
      'dag',
      joined(
        '||',
        dags.map((glob) => `resource.dag like ${likePattern(glob)}`),
      ),
    ),
    uses: noUses,
    asks: `for ${dags.join(', ')}`,
    words: () => `only for ${dags.join(', ')}`,
  }
  if (tags === null) return isForAll(dags) ? [] : [dagCondition]
  const tagCondition: Condition = {
    kind: 'tags',
    ...ofDags('tags', `resource.tags.containsAny(${setOf(tags)})`),
    uses: { tags: true },
    asks: `for DAGs tagged ${tags.join(' or ')}`,
    words: (question) =>
      `only for DAGs tagged ${tags.join(' or ')}${tagsAreUnknown(question) ? ', and the tags of this one cannot be known now' : ''}`,
  }
  return isForAll(dags) ? [tagCondition] : [dagCondition, tagCondition]
}

/** Both forms of a condition on an attribute that DAGs, runs and tasks have, all DAGs together have not, nothing else has. */
function ofDags(attribute: string, cedar: string): Pick<Condition, 'cedar' | 'may'> {
  const isOfDag = ['Dag', 'Run', 'Task'].map((type) => `resource is ${namespaced(type)}`).join(' || ')
  return {
    cedar: `(resource has ${attribute} && ${cedar})`,
    may: `(if resource has ${attribute} then ${cedar} else (${isOfDag}))`,
  }
}

export function isForAll(dags: readonly string[]): boolean {
  return dags.includes('*')
}
