import { generateKeyPairSync, type KeyObject } from 'node:crypto'

/** Files that let a relay and an Airflow know each other by two keys, without a shared secret. */
export interface KeyFile {
  readonly name: 'relay.pem' | 'airflow.pem' | 'jwks.json'
  readonly content: string
  /** Unix mode. */
  readonly mode: number
}

/** Makes the relay's key, Airflow's own, and the JWKS with both that Airflow trusts. */
export function makeAirflowKeys(): readonly KeyFile[] {
  const [relay, airflow] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
  const keys = [jwk(relay.publicKey, 'relay'), jwk(airflow.publicKey, 'airflow')]
  return [
    { name: 'relay.pem', content: pem(relay.privateKey), mode: 0o600 },
    { name: 'airflow.pem', content: pem(airflow.privateKey), mode: 0o600 },
    { name: 'jwks.json', content: `${JSON.stringify({ keys }, null, 2)}\n`, mode: 0o644 },
  ]
}

/** Airflow's settings for tokens of the relay (`[api_auth]`), by environment variable. */
export function airflowSettings(
  jwksFile: string,
  airflowKeyFile: string,
): ReadonlyArray<readonly [string, string]> {
  return [
    ['AIRFLOW__API_AUTH__TRUSTED_JWKS_URL', jwksFile],
    ['AIRFLOW__API_AUTH__JWT_PRIVATE_KEY_PATH', airflowKeyFile],
    ['AIRFLOW__API_AUTH__JWT_ALGORITHM', 'EdDSA'],
    ['AIRFLOW__API_AUTH__JWT_KID', 'airflow'],
  ]
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string
}

function jwk(key: KeyObject, kid: string): object {
  return { ...key.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' }
}
