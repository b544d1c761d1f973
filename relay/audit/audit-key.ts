import { generateKeyPairSync } from 'node:crypto'
import { formatVkey, verifierOf } from './note.ts'

/** What a log is called where its configuration does not say. */
export function originOf(publicUrl: string): string {
  return `${new URL(publicUrl).host}/audit`
}

/** Makes the key that signs a log's checkpoints, and the verifier key that auditors get. */
export function makeAuditKey(
  origin: string,
): ReadonlyArray<{ readonly name: string; readonly content: string; readonly mode: number }> {
  const { privateKey } = generateKeyPairSync('ed25519')
  return [
    {
      name: 'audit.pem',
      content: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      mode: 0o600,
    },
    { name: 'audit.pub', content: `${formatVkey(verifierOf(origin, privateKey))}\n`, mode: 0o644 },
  ]
}
