import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { LoadedSaml } from '../config/people.ts'
import { MetadataSource } from '../saml/metadata-source.ts'
import { path } from '../saml/principal.ts'
import { ServiceProvider } from '../saml/service-provider.ts'
import { type Finding, findings, shown } from './finding.ts'

/** Tries a SAML provider as the relay will use it, and says what the provider has to know of the relay. */
export async function examineSaml(saml: LoadedSaml, publicUrl: string): Promise<readonly Finding[]> {
  const { found, say } = findings(path)
  const source = new MetadataSource(saml, () => {})
  const relay = new ServiceProvider(saml, publicUrl, source)
  try {
    const provider = await source.current()
    say(
      'ok',
      'metadata',
      `They are of ${shown(saml.entityId)}, with ${provider.certificates.length} certificate(s).`,
    )
    if (provider.unusable.length > 0)
      say(
        'note',
        'certificates',
        `What is signed with others of theirs is refused: ${provider.unusable.join('; ')}.`,
      )
    say('ok', 'sign-in', `People sign in at ${shown(provider.ssoUrl)}.`)
    if (provider.logoutUrl === null)
      say(
        'note',
        'sign-out',
        'They name no place for logouts by redirect: signing out ends nothing at the provider.',
      )
    if (provider.wantsSignedRequests && !saml.signing)
      say(
        'note',
        'signing',
        'They ask for signed requests, and identity.saml.signing is missing: it may refuse ours.',
      )
  } catch (error) {
    say(
      'fault',
      'metadata',
      asJetwayError(error).message,
      'Check entityId and metadata, and whether this machine may go there.',
    )
  }
  say(
    'note',
    'relay',
    `The provider has to know the relay as ${shown(relay.entityId)}, with assertions to ${shown(relay.acsUrl)}, by POST, and logouts to ${shown(relay.logoutUrl)}, by POST or redirect, and has to sign response and assertion and encrypt neither.`,
  )
  return found
}
