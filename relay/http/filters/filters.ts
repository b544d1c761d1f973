import { z } from 'zod'
import type { Handler } from '../exchange.ts'
import { bodySize } from './body-size.ts'
import type { FilterConfig, FilterContext, FilterKind } from './filter.ts'
import { headerRemove } from './header-remove.ts'
import { headerSet } from './header-set.ts'
import { maintenanceWindow } from './maintenance-window.ts'
import { methodDeny } from './method-deny.ts'
import { pathDeny } from './path-deny.ts'
import { rate } from './rate.ts'
import { readOnly } from './read-only.ts'
import { requireReason } from './require-reason.ts'

/** Every kind of filter there is. A new one is a file and a line here. */
const kinds: readonly FilterKind[] = [
  headerSet,
  headerRemove,
  methodDeny,
  pathDeny,
  bodySize,
  rate,
  readOnly,
  maintenanceWindow,
  requireReason,
]

const byType: ReadonlyMap<string, FilterKind> = new Map(kinds.map((kind) => [kind.type, kind]))
const [first, ...others] = kinds.map(({ schema }) => schema) as [FilterKind['schema']]

export const filterConfig = z.discriminatedUnion('type', [first, ...others], {
  error: ({ code }) => (code === 'invalid_union' ? `one of ${[...byType.keys()].join(', ')}` : undefined),
})

/** The handlers of the configured filters, in their order. */
export function createFilters(configs: readonly FilterConfig[], context: FilterContext): Handler[] {
  return configs.map((config) => (byType.get(config.type) as FilterKind).create(config, context))
}
