import { JetwayError } from '#shared/errors/jetway-error.ts'

/** A carrier that ended without a word of the relay's, or never brought one. */
export function unreachable(reason: 'connection cut' | 'no answer in time'): JetwayError {
  return new JetwayError('RELAY_UNREACHABLE', { relay: 'The relay', reason })
}
