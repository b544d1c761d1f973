/** What `npm run bench -- relay` measures, each by its name alone as well. */
export const relayParts = ['exhaustion', 'chain'] as const
export type RelayPart = (typeof relayParts)[number]
