import { z } from 'zod'
import type { Finding } from '#shared/ipc/finding.ts'

const settings = z.object({ pac_url: z.string().optional() })
const event = z.object({
  type: z.int(),
  /** 1 where something begins, 2 where it ends. */
  phase: z.int(),
  params: z.object({ net_error: z.int().optional() }).optional().catch(undefined),
})
/** What of Chromium's net log tells how it fared with a PAC file. */
const netLog = z.object({
  constants: z.object({
    logEventTypes: z.object({ PAC_FILE_DECIDER_FETCH_PAC_SCRIPT: z.int(), PAC_JAVASCRIPT_ERROR: z.int() }),
  }),
  events: z.array(event),
  polledData: z.object({ proxySettings: z.object({ original: settings, effective: settings }) }),
})

export interface BrokenPac {
  /** As the system has it. */
  readonly url: string
  /** It cannot be fetched, or it is no script that runs. */
  readonly why: 'fetch' | 'script'
}

/**
 * Chromium goes without a proxy where a PAC file is broken, and tells of it in its net log alone.
 *
 * @param log of one resolution, after the proxy settings were read anew
 * @returns null where the file works, or there is none
 * @throws what is no such log
 */
export function brokenPacIn(log: string): BrokenPac | null {
  const { constants, events, polledData } = netLog.parse(JSON.parse(log))
  const { PAC_FILE_DECIDER_FETCH_PAC_SCRIPT: fetching, PAC_JAVASCRIPT_ERROR: failing } =
    constants.logEventTypes
  const { original, effective } = polledData.proxySettings
  const url = original.pac_url
  if (url === undefined) return null
  const fetched = events.findLast(({ type }) => type === fetching)
  if (fetched !== undefined && (fetched.phase === 1 || fetched.params?.net_error !== undefined))
    return { url, why: 'fetch' }
  const isBroken = effective.pac_url !== url || events.some(({ type }) => type === failing)
  return isBroken ? { url, why: 'script' } : null
}

/** In place of "There is no proxy on the way". */
export function brokenPacFinding({
  url,
  why,
}: BrokenPac): Pick<Finding, 'state' | 'title' | 'detail' | 'action'> {
  const name = nameOf(url)
  return {
    state: 'warning',
    title: 'This machine’s proxy script does not work',
    detail: `${name} ${why === 'fetch' ? 'cannot be fetched' : 'has an error in it'}. Jetway goes without a proxy then, as browsers do.`,
    action:
      'Ask whoever runs your network for the proxy script (PAC file), or name the proxy in the settings of Jetway.',
  }
}

/** Its address, without what may be a secret in it. */
function nameOf(url: string): string {
  const { protocol, origin, pathname } = URL.canParse(url) ? new URL(url) : new URL('data:')
  return protocol === 'http:' || protocol === 'https:' ? `${origin}${pathname}`.slice(0, 200) : 'The script'
}
