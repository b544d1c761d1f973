import type { z } from 'zod'
import { relayConfig } from '#shared/config/relay-config.ts'
import { filterConfig } from '../http/filters/filters.ts'

/** The relay's whole configuration: with filters, which bring their schemas along. */
export const relaySchema = relayConfig.extend({
  filters: filterConfig
    .array()
    .max(100)
    .default([])
    .describe('What requests pass before the policy is asked, in this order; see docs/limits.md.'),
})

export type RelayDocument = z.infer<typeof relaySchema>
