/** Machines that bring a token of their own platform: CI jobs, workloads of Kubernetes, any OpenID issuer. */
import { z } from 'zod'
import { clockToleranceSeconds } from './clock-tolerance.ts'
import { signatureAlgorithms } from './oidc.ts'

const text = z.string().min(1).max(1024)
const file = z.string().min(1).max(4096)
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and -')

const rule = z.strictObject({
  name: name.describe('What the audit log calls this rule.'),
  claims: z
    .record(z.string().min(1).max(128), text)
    .refine((claims) => Object.keys(claims).length <= 20, 'at most 20 claims')
    .describe(
      'What the token has to say, all of it: `{ repository: acme/dags, ref: refs/heads/main, environment: production }` at GitHub, `{ project_path: acme/dags, ref: main, ref_protected: "true" }` at GitLab, `{ namespace: airflow, serviceAccount: airflow-worker }` in Kubernetes. Compared as it stands, case included. `*` at the end stands for anything, elsewhere for anything but `/` and `:`.',
    ),
  groups: z
    .array(text.max(256))
    .min(1)
    .max(100)
    .describe('The groups that it has then; what those may do stands in the policy.'),
})

const federated = z.strictObject({
  name: name.describe('What the audit log calls it, and the first part of the names of its machines.'),
  provider: z
    .enum(['github', 'gitlab', 'kubernetes', 'other'])
    .default('other')
    .describe('GitHub Actions, GitLab CI/CD, Kubernetes service accounts, or any other OpenID issuer.'),
  issuer: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional()
    .describe(
      'The issuer, exactly as its tokens name it. At GitHub https://token.actions.githubusercontent.com and at GitLab https://gitlab.com where it is not given.',
    ),
  audience: text.describe(
    'The one audience that its tokens carry, best this relay’s `publicUrl`: that is what `jetway` asks for. Tokens for others as well are refused.',
  ),
  algorithms: z
    .array(z.enum(signatureAlgorithms))
    .min(1)
    .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
    .describe('Signature algorithms that are accepted.'),
  jwksUrl: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional()
    .describe(
      'Where its keys are, where its metadata cannot be asked, e.g. https://kubernetes.default.svc/openid/v1/jwks.',
    ),
  jwksFile: file.optional().describe('A file with its keys (RFC 7517), read at start and at every reload.'),
  caFile: file
    .optional()
    .describe('PEM file of the authorities that signed its certificate, e.g. the ca.crt of a pod.'),
  tokenFile: file
    .optional()
    .describe(
      'A file with the bearer token that its keys are asked for with, read each time: the API server of Kubernetes does not show them to everyone. Sent to the issuer’s or the keys’ own host only.',
    ),
  clockToleranceSeconds,
  rules: z
    .array(rule)
    .min(1)
    .max(100)
    .describe('Who is let in, the first that fits; where none does, nobody is.'),
})

export const federationConfig = z.array(federated).max(20)

export type FederatedIssuer = z.infer<typeof federated>
export type FederationRule = z.infer<typeof rule>

const wellKnown: Partial<Record<FederatedIssuer['provider'], string>> = {
  github: 'https://token.actions.githubusercontent.com',
  gitlab: 'https://gitlab.com',
}

/** Its issuer, or that of its provider; null where neither is known. */
export function issuerOf({ issuer, provider }: FederatedIssuer): string | null {
  return issuer ?? wellKnown[provider] ?? null
}
