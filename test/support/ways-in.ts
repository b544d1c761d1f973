import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awsConfig } from '#shared/config/identity/aws.ts'
import { federationConfig } from '#shared/config/identity/federation.ts'
import { oidcConfig } from '#shared/config/identity/oidc.ts'
import { signedHeadersConfig } from '#shared/config/identity/signed-headers.ts'
import type { Authenticator } from '../../relay/identity/authenticator.ts'
import { AwsChallenges } from '../../relay/identity/aws/challenges.ts'
import { AwsPrincipals } from '../../relay/identity/aws/principals.ts'
import { callerIdentitySource } from '../../relay/identity/aws/token-source.ts'
import { createWebIdentityAuthenticators } from '../../relay/identity/aws/web-identity.ts'
import { createFederatedAuthenticator } from '../../relay/identity/federation.ts'
import { createOidcAuthenticator } from '../../relay/identity/oidc.ts'
import { createOwnTokenAuthenticator } from '../../relay/identity/own-tokens.ts'
import type { Principal } from '../../relay/identity/principal.ts'
import { createSignedHeader } from '../../relay/identity/signed-headers/signed-header.ts'
import { hashOfAccessKey, makeAccessKey } from '../../relay/oauth/access-key.ts'
import { accessKeySource } from '../../relay/oauth/access-key-grant.ts'
import { issueAccessToken } from '../../relay/oauth/access-token.ts'
import { Keyring } from '../../relay/oauth/keyring.ts'
import type { TokenSource } from '../../relay/oauth/token-sources.ts'
import { openSqliteState } from '../../relay/state/sqlite.ts'
import { formOf, region } from './aws.ts'
import { signers } from './balanced-relay.ts'
import { type Signer, startBalancers } from './balancer.ts'
import { entityId, makeSamlKey } from './saml-provider.ts'
import { principalOfSaml } from './saml-way-in.ts'
import type { Someone } from './someone.ts'
import { audience, startTokenProvider } from './token-provider.ts'
import { startToldUpstream } from './told-upstream.ts'

/** One way to come in, through the code that stands there. */
export interface Way {
  /** Whether someone like that can come so. */
  readonly takes: (someone: Someone) => boolean
  /** Who a token, or whatever it is, of theirs says that they are. */
  readonly principalOf: (someone: Someone) => Promise<Principal>
}

const relay = 'https://relay.example.com'
const account = '123456789012'
const keys = { accessKeyId: 'ASIAEXAMPLEEXAMPLE12', secretAccessKey: 'secret', sessionToken: 'dG9rZW4=' }

/** Every authenticator that there is, each with someone on the other side who says what it is told. */
export async function startWaysIn(): Promise<{
  readonly ways: Readonly<Record<string, Way>>
  close(): Promise<void>
}> {
  const folder = await mkdtemp(join(tmpdir(), 'ways-in-'))
  const keyring = Keyring.open(join(folder, 'keys'))
  const state = openSqliteState(':memory:')
  const [provider, sts, balancers, samlKey] = await Promise.all([
    startTokenProvider(),
    startToldUpstream(),
    startBalancers(),
    makeSamlKey(),
  ])
  const by = async (authenticator: Authenticator, token: string) =>
    (await authenticator.authenticate(token)).principal
  const token = (claims: object) => provider.token({ email: undefined, groups: undefined, ...claims })

  /** What the relay's own token says of someone, once they have shown who they are. */
  const through = async (principal: Principal, speaksFor: string) => {
    const { accessToken } = issueAccessToken(principal, {
      keyring,
      issuer: relay,
      clientId: 'jetway',
      lifetimeSeconds: 900,
      keyThumbprint: null,
    })
    const own = createOwnTokenAuthenticator({
      keyring,
      publicUrl: relay,
      clockToleranceSeconds: 30,
      sources: [{ path: principal.authentication.by, speaksFor }],
    })
    return by(own, accessToken)
  }
  const redeem = async ({ grants: [grant], speaksFor }: TokenSource, form: object) => {
    const caller = { address: '127.0.0.1', request: { headers: {} } as never, keyThumbprint: null }
    const { principal } = await (grant as NonNullable<typeof grant>).redeem(
      new Map(Object.entries(form)),
      caller,
    )
    return through(principal, speaksFor)
  }
  const federated = (config: object) =>
    createFederatedAuthenticator(
      federationConfig.parse([
        { name: 'ci', issuer: provider.issuer, audience, ...config },
      ])[0] as (typeof federationConfig)['_output'][number],
    )
  const aws = (groups: readonly string[]) =>
    awsConfig.parse({
      principals: [{ account, role: 'airflow-ci', groups }],
      regions: [region],
      webIdentity: { audience, issuers: [{ account, issuer: provider.issuer }] },
      callerIdentity: {},
    })

  const ways: Record<string, Way> = {
    'OpenID Connect': {
      takes: () => true,
      principalOf: async (someone) =>
        by(
          createOidcAuthenticator(
            oidcConfig.parse({ issuer: provider.issuer, audience, clientId: 'jetway' }),
          ),
          await token(claimsOf(someone)),
        ),
    },
    'client credentials': {
      takes: isConfigured,
      async principalOf({ subject, groups }) {
        const clients = { [subject]: groups }
        const config = oidcConfig.parse({ issuer: provider.issuer, audience, clientId: 'jetway', clients })
        return by(createOidcAuthenticator(config), await token({ sub: subject, client_id: subject }))
      },
    },
    SAML: {
      takes: ({ kind, groups, authTime, acr }) =>
        kind === 'person' && groups !== null && authTime !== null && acr !== null,
      principalOf: async (someone) =>
        through(await principalOfSaml(someone, { relay, key: samlKey }), entityId),
    },
    'a signed request to AWS': {
      takes: isConfigured,
      async principalOf({ groups }) {
        const source = callerIdentitySource(
          aws(groups ?? []),
          { clockToleranceSeconds: 30 },
          { publicUrl: relay, keyring, state, stsUrl: () => sts.url },
        )
        const Arn = `arn:aws:sts::${account}:assumed-role/airflow-ci/nightly`
        const result = { GetCallerIdentityResult: { Account: account, Arn, UserId: 'AROAEXAMPLE:nightly' } }
        sts.answer = (_request, response) =>
          response
            .setHeader('content-type', 'application/json')
            .end(JSON.stringify({ GetCallerIdentityResponse: result }))
        const challenge = new AwsChallenges(keyring, state).issue('127.0.0.1')
        return redeem(source, await formOf({ keys, relay, challenge }))
      },
    },
    'a web identity of AWS': {
      takes: isConfigured,
      async principalOf({ groups }) {
        const { webIdentity, principals } = aws(groups ?? [])
        const [authenticator] = createWebIdentityAuthenticators(
          webIdentity as NonNullable<typeof webIdentity>,
          new AwsPrincipals(principals),
        )
        const sub = `arn:aws:iam::${account}:role/airflow-ci`
        return by(authenticator as Authenticator, await provider.token({ sub }, { typ: 'JWT' }))
      },
    },
    federation: {
      takes: isConfigured,
      principalOf: async ({ subject, groups }) =>
        by(
          federated({ rules: [{ name: 'one', claims: { sub: subject }, groups }] }),
          await token({ sub: subject, groups: ['admins'] }),
        ),
    },
    'a service account of Kubernetes': {
      takes: isConfigured,
      async principalOf({ groups }) {
        const claims = { namespace: 'airflow', serviceAccount: 'worker' }
        const said = { namespace: 'airflow', serviceaccount: { name: 'worker' } }
        return by(
          federated({ provider: 'kubernetes', rules: [{ name: 'one', claims, groups }] }),
          await provider.token(
            { sub: 'system:serviceaccount:airflow:worker', 'kubernetes.io': said },
            { typ: undefined },
          ),
        )
      },
    },
    'an access key': {
      takes: isConfigured,
      async principalOf({ groups }) {
        const own = groups ?? []
        const { id, key } = makeAccessKey()
        const at = Math.floor(Date.now() / 1000)
        await state.accessKeys.add(
          { id, name: id.toLowerCase(), groups: own, networks: [], madeBy: 'test', at, expires: at + 600 },
          hashOfAccessKey(key),
        )
        const source = accessKeySource({ groups: [...own], maxDays: 1 }, relay, state.accessKeys)
        return redeem(source, { client_id: id, client_secret: key })
      },
    },
  }
  for (const signer of signers) {
    const signedHeader = (more: object = {}) => {
      const listen = { port: 1, plain: true }
      const config = { ...balancers.config(signer), listen, publicUrl: relay, ...more }
      const parsed = signedHeadersConfig.parse({ one: config }).one
      return createSignedHeader('identity.signedHeaders.one', parsed as NonNullable<typeof parsed>, null)
        .authenticator
    }
    ways[`a header of ${signer}`] = {
      takes: ({ kind }) => kind === 'person',
      principalOf: async (someone) =>
        by(signedHeader(), await balancers.token(signer, { claims: saidBy(signer, claimsOf(someone)) })),
    }
    ways[`a header of ${signer}, with members`] = {
      takes: ({ kind, groups }) => kind === 'person' && groups !== null && groups.length > 0,
      principalOf: async (someone) => {
        const members = Object.fromEntries((someone.groups ?? []).map((group) => [group, [someone.subject]]))
        const claims = saidBy(signer, claimsOf({ ...someone, groups: null }))
        return by(signedHeader({ members }), await balancers.token(signer, { claims }))
      },
    }
  }
  return {
    ways,
    async close() {
      await provider.close()
      sts.close()
      balancers.close()
      await state.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** Ways whose groups stand in the configuration are for machines, which have some. */
function isConfigured({ kind, groups }: Someone): boolean {
  return kind === 'machine' && groups !== null && groups.length > 0 && groups.length <= 100
}

function claimsOf({ kind, subject, email, groups, authTime, acr }: Someone): Record<string, unknown> {
  return {
    sub: subject,
    client_id: kind === 'machine' ? subject : undefined,
    email: email ?? undefined,
    groups: groups ?? undefined,
    auth_time: authTime ?? undefined,
    acr: acr ?? undefined,
  }
}

/** Cloudflare has what the provider said in `custom` alone. */
function saidBy(signer: Signer, claims: Record<string, unknown>): Record<string, unknown> {
  if (signer !== 'cloudflare-access') return claims
  const { groups, acr, auth_time, ...others } = claims
  return { ...others, custom: { groups, acr, auth_time } }
}
