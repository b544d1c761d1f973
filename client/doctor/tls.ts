import { isIP, type Socket } from 'node:net'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { secureContextFor } from '../network/authorities.ts'
import { connectTo } from '../network/dial.ts'
import { NetworkError, networkReason, relayError } from '../network/network-error.ts'
import { authorityOf, targetOf } from '../network/target.ts'
import { failed, type Outcome, ok, warning } from './outcome.ts'

const soonMs = 14 * 86_400_000
const maxChain = 8
const maxNames = 4
/** Codes of OpenSSL for an answer that is none. */
const otherThanTls = /^(ERR_SSL_|EPROTO)/

/**
 * Whether the relay shows a certificate that this machine trusts for its name, and how long that holds.
 *
 * @throws RELAY_UNREACHABLE, and as `connectTo`
 */
export async function examineCertificate(
  relay: URL,
  o: { ca: string | null; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Outcome> {
  const target = targetOf(relay)
  if (!target.isSecure) return ok('Nothing is encrypted, as the relay is on this machine')
  const name = authorityOf(target)
  const connection = await connectTo(target, o).catch((cause: unknown) => {
    throw relayError(name, cause)
  })
  const seen = await lookAt(connection, target.host, o).catch((error: unknown) => networkReason(error).reason)
  connection.destroy()
  if (typeof seen === 'string')
    return failed(
      'There is no encrypted connection',
      `${name} is reached, and does not agree on one (${otherThanTls.test(seen) ? 'it speaks no TLS' : seen}).`,
      'Check the address and its port. If they are right, tell your platform team.',
    )
  const { certificate, code } = seen
  if (code !== null) return untrusted(name, code, certificate)
  const ends = new Date(certificate.valid_to)
  const chain = `${chainOf(certificate).map(nameOf).join(' ← ')}.`
  return ends.getTime() - Date.now() < soonMs
    ? warning(`The certificate ends soon, on ${dayOf(ends)}`, chain, 'Tell your platform team.')
    : ok(`The certificate is for ${target.host}, until ${dayOf(ends)}`, chain)
}

/**
 * What the relay shows, and why it is not trusted; null where it is. Nothing is sent over this connection, so it may
 * be looked at before it is trusted: otherwise nobody could say whose certificate it is.
 */
async function lookAt(
  connection: Socket,
  host: string,
  o: { ca: string | null; signal: AbortSignal },
): Promise<{ certificate: DetailedPeerCertificate; code: string | null }> {
  const socket = connect({
    socket: connection,
    host,
    servername: isIP(host) ? '' : host,
    ALPNProtocols: ['http/1.1'],
    secureContext: secureContextFor(o.ca),
    rejectUnauthorized: false,
  })
  try {
    await secured(socket, o.signal)
    // Node puts the code there, and says in its types that it is an error.
    const code = socket.authorized ? null : String(socket.authorizationError)
    return { certificate: socket.getPeerCertificate(true), code }
  } finally {
    socket.destroy()
  }
}

function secured(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    socket.once('secureConnect', resolve)
    socket.on('error', reject)
    socket.once('close', () => reject(new NetworkError('connection cut')))
    if (signal.aborted) reject(signal.reason)
  })
}

function untrusted(name: string, code: string, certificate: DetailedPeerCertificate): Outcome {
  const [from, until] = [new Date(certificate.valid_from), new Date(certificate.valid_to)]
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return failed(
        'The certificate has expired',
        `That of ${name} was good until ${dayOf(until)}.`,
        'If the date of this machine is right, tell your platform team.',
      )
    case 'CERT_NOT_YET_VALID':
      return failed(
        'The certificate is not valid yet',
        `That of ${name} is good from ${dayOf(from)} on.`,
        'Check the date of this machine.',
      )
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return failed(
        'The certificate is of another name',
        `${name} shows one for ${namesOf(certificate)}.`,
        'Check the address. If it is right, tell your platform team.',
      )
    default:
      return failed(
        'The certificate is not trusted here',
        `${name} shows one that ${issuerOf(certificate)} has issued, which this machine does not know${hint(certificate)}.`,
        'If your company has its own authority, add the environment again with its file (--ca), or have it put into this machine’s store.',
      )
  }
}

/** A relay that forgets an authority in between looks like one that nobody knows. */
function hint(certificate: DetailedPeerCertificate): string {
  const alone = chainOf(certificate).length === 1 && !isSelfIssued(certificate)
  return alone ? '; the relay sends it without the authorities above it' : ''
}

/** From the relay's own upwards. */
function chainOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain = [certificate]
  for (let at = certificate; chain.length < maxChain; ) {
    const next = at.issuerCertificate
    if (!next || next === at || next.fingerprint256 === at.fingerprint256) break
    chain.push(next)
    at = next
  }
  return chain
}

function isSelfIssued({ issuerCertificate, fingerprint256 }: DetailedPeerCertificate): boolean {
  return issuerCertificate?.fingerprint256 === fingerprint256
}

function nameOf({ subject }: DetailedPeerCertificate): string {
  return text(subject?.CN) ?? text(subject?.O) ?? 'someone without a name'
}

function issuerOf({ issuer }: DetailedPeerCertificate): string {
  return text(issuer?.CN) ?? text(issuer?.O) ?? 'someone without a name'
}

function namesOf(certificate: DetailedPeerCertificate): string {
  const names = certificate.subjectaltname?.replace(/\b(DNS|IP Address):/g, '').split(', ') ?? []
  if (names.length === 0) return nameOf(certificate)
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : ''
  return `${names.slice(0, maxNames).join(', ')}${more}`
}

/** A name may stand several times. */
function text(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value.join(', ') : value) || null
}

function dayOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10)
}
