import { type CryptoKey, importSPKI } from 'jose'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { unreachable } from '../provider-keys.ts'

const fetchTimeoutMs = 10_000
const maxKeyBytes = 4096
const keyMaxAgeMs = 600_000
const maxKeys = 32
/** How many keys that are not at hand are looked for in `windowMs`: a balancer has one or two. */
const maxLooks = 20
const windowMs = 60_000
const keyId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The public keys of the load balancers of one region of AWS, each a PEM at an address of its own. */
export class AlbKeys {
  readonly #folder: string
  readonly #byId = new Map<string, { key: Promise<CryptoKey>; until: number }>()
  #looks = { since: 0, count: 0 }

  /** @param signer the balancer's ARN, which has its region */
  constructor(signer: string) {
    this.#folder = albKeysFolder(signer)
  }

  /**
   * @param id the token's `kid`, from whoever sent it
   * @throws Error when there is no such key
   * @throws PROVIDER_UNREACHABLE (a retry can help)
   */
  get(id: unknown): Promise<CryptoKey> {
    // Nothing else becomes a part of an address.
    if (typeof id !== 'string' || !keyId.test(id)) return Promise.reject(new Error('the key id is no UUID'))
    const now = Date.now()
    const known = this.#byId.get(id)
    if (known && known.until > now) return known.key
    if (now - this.#looks.since > windowMs) this.#looks = { since: now, count: 0 }
    this.#looks.count += 1
    if (this.#looks.count > maxLooks) return Promise.reject(new Error('too many keys are not known'))
    const key = this.#fetch(id)
    this.#byId.delete(id)
    if (this.#byId.size >= maxKeys) this.#byId.delete(this.#byId.keys().next().value as string)
    this.#byId.set(id, { key, until: now + keyMaxAgeMs })
    key.catch(() => {
      if (this.#byId.get(id)?.key === key) this.#byId.delete(id)
    })
    return key
  }

  async #fetch(id: string): Promise<CryptoKey> {
    let response: Response
    let pem: string
    try {
      response = await fetch(`${this.#folder}/${id}`, {
        redirect: 'error',
        signal: AbortSignal.timeout(fetchTimeoutMs),
      })
      pem = await response.text()
    } catch (cause) {
      throw unreachable(this.#folder, 'its keys cannot be read', cause)
    }
    if (response.status >= 500) throw unreachable(this.#folder, `its keys answer ${response.status}`)
    if (response.status !== 200) throw new Error(`there is no such key: status ${response.status}`)
    if (pem.length > maxKeyBytes) throw new Error('the key is too large')
    return importSPKI(pem, 'ES256')
  }
}

/** Where the keys of a balancer's region are, each under its id. @param signer the balancer's ARN */
export function albKeysFolder(signer: string): string {
  const [, partition, , region] = signer.split(':')
  switch (partition) {
    case 'aws-us-gov':
      return `https://s3-${region}.amazonaws.com/aws-elb-public-keys-prod-${region}`
    case 'aws-cn':
      return `https://public-keys.auth.elb.${region}.amazonaws.com.cn`
    case 'aws':
      return `https://public-keys.auth.elb.${region}.amazonaws.com`
    default:
      throw new JetwayError('INTERNAL')
  }
}
