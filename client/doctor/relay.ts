import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { protocolVersion } from '#shared/protocol/wire.ts'
import { discover } from '../discovery.ts'
import { type Outcome, ok } from './outcome.ts'

/**
 * Whether it is a relay that answers, and one that this client understands.
 *
 * @throws as `discover`
 */
export async function examineRelay(
  relayUrl: string,
  ca: string | null,
): Promise<{ outcome: Outcome; document: DiscoveryDocument }> {
  const document = await discover(relayUrl, ca)
  const services = document.services.map(({ name }) => name).join(', ')
  const outcome = ok(
    `The relay ${document.name} answers, with version ${protocolVersion} of the protocol`,
    services === '' ? 'It has no services.' : `Its services: ${services}.`,
  )
  return { outcome, document }
}
