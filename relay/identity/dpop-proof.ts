import { calculateJwkThumbprint, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { z } from 'zod'
import { isCompactJws } from './compact-jws.ts'
import { isOfSmallOrder } from './key-strength.ts'

/** What a proof says that its own key has signed. */
export interface DpopProof {
  /** Of the key (RFC 7638), SHA-256. */
  readonly thumbprint: string
  readonly jti: string
  readonly htm: string
  readonly htu: string
  /** Seconds since the epoch. */
  readonly iat: number
  readonly nonce?: string | undefined
  readonly ath?: string | undefined
}

/** Asymmetric, each with one kind of key, and none whose keys can be weak. */
export const proofAlgorithms = ['ES256', 'ES384', 'EdDSA', 'Ed25519'] as const

const maxProofChars = 8192
/** Of RSA and symmetric keys as well: nothing of a secret has a place in a proof. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
/** For proofs that carry `exp` or `nbf`, which RFC 9449 does not ask for. */
const clockToleranceSeconds = 30

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43,64}$/)
const publicKey = z
  .looseObject({})
  .refine((jwk) => privateMembers.every((member) => !Object.hasOwn(jwk, member)), 'holds a private key')
  .pipe(
    z.union([
      z.object({ kty: z.literal('EC'), crv: z.enum(['P-256', 'P-384']), x: coordinate, y: coordinate }),
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: coordinate.refine((x) => !isOfSmallOrder(x), 'is of small order'),
      }),
    ]),
  )
const header = z.object({ typ: z.literal('dpop+jwt'), alg: z.enum(proofAlgorithms), jwk: publicKey })
const claims = z.object({
  jti: z.string().min(1).max(256),
  htm: z.string().min(1).max(64),
  htu: z.string().min(1).max(4096),
  iat: z.number(),
  nonce: z.string().max(256).optional(),
  ath: z.string().max(64).optional(),
})

/**
 * Reads a DPoP proof and verifies its form and its signature (RFC 9449 §4.3, numbers 2 to 7). Whether it is for this
 * request is for the caller to see.
 *
 * @throws Error with what is wrong, for the log only
 */
export async function readProof(text: string): Promise<DpopProof> {
  if (text.length > maxProofChars || !isCompactJws(text))
    throw new Error('the proof is no JWS in compact form')
  const { alg, jwk } = parsed(header, decodeProtectedHeader(text))
  const key = await importJWK(jwk, alg)
  const { payload } = await jwtVerify(text, key, {
    algorithms: [alg],
    clockTolerance: clockToleranceSeconds,
  })
  return { ...parsed(claims, payload), thumbprint: await calculateJwkThumbprint(jwk) }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (!result.success) throw new Error(`the proof’s ${result.error.issues[0]?.path.join('.')} is not right`)
  return result.data
}
