import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { protocolVersion } from '#shared/protocol/wire.ts'
import type { LoadedConfig } from './config/load.ts'
import { clientId } from './oauth/authorization-request.ts'

/** `GET /.well-known/jetway`: what a configuration says to clients before anyone has signed in. */
export function discoveryOf(config: LoadedConfig): DiscoveryDocument {
  const carrierUrl = new URL('/tunnel', config.publicUrl)
  carrierUrl.protocol = carrierUrl.protocol === 'https:' ? 'wss:' : 'ws:'
  return {
    protocolVersions: [protocolVersion],
    name: config.name,
    carrierUrl: carrierUrl.href,
    oidc: providerOf(config),
    // The relay's own sign-ins are bound to a key always.
    dpop: config.identity.dpop.required || !config.identity.oidc ? 'required' : 'optional',
    tells: true,
    aws: awsDiscoveryOf(config.identity.aws),
    services: Object.entries(config.services).map(([name, { type, localPort }]) => ({
      name,
      type,
      localPort,
    })),
  }
}

/** Whom it lets in is nobody’s business. */
function awsDiscoveryOf(aws: LoadedConfig['identity']['aws']): DiscoveryDocument['aws'] {
  if (!aws) return null
  const { regions, webIdentity, callerIdentity } = aws
  return { regions, audience: webIdentity?.audience ?? null, callerIdentity: callerIdentity !== undefined }
}

/** Where people sign in, as a client sees it: the relay itself where their provider speaks no OpenID. */
function providerOf({ identity, publicUrl }: LoadedConfig): DiscoveryDocument['oidc'] {
  if (!identity.oidc) {
    const scopes = ['openid', 'profile', 'email', 'offline_access']
    return {
      issuer: publicUrl,
      clientId,
      scopes,
      resource: null,
      resourceParameter: 'resource',
      redirectPorts: null,
    }
  }
  const { issuer, scopes, resource, resourceParameter, redirectPorts } = identity.oidc
  return { issuer, clientId: identity.oidc.clientId, scopes, resource, resourceParameter, redirectPorts }
}
