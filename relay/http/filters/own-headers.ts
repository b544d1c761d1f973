import type { RelayConfig } from '#shared/config/relay-config.ts'
import type { FilterConfig } from './filter.ts'

/** Filters that touch a header by which a service is told who asks, or would believe it. */
export function ownHeaderMistakes(
  filters: readonly FilterConfig[],
  services: RelayConfig['services'],
): { path: (string | number)[]; what: string }[] {
  return filters.flatMap((filter, i) => {
    if (!touchesRequest(filter)) return []
    const { name } = filter
    return Object.entries(services).flatMap(([service, config]) => {
      if (config.type !== 'http' || (filter.for?.services && !filter.for.services.includes(service)))
        return []
      const own = [config.identity.header, ...config.stripHeaders].map((each) => each.toLowerCase())
      return own.includes(name) ? [{ path: [i, 'name'], what: `${service} takes people from ${name}` }] : []
    })
  })
}

function touchesRequest(filter: FilterConfig): filter is FilterConfig & { readonly name: string } {
  return (
    (filter.type === 'header-set' || filter.type === 'header-remove') &&
    'on' in filter &&
    filter.on === 'request'
  )
}
