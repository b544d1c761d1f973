/**
 * The one table of errors: what happened, and what the person can do about it.
 *
 * - `title` and `detail` reach people; `{name}` in them is filled from the error's params.
 * - `action` is what the person can do next.
 * - `http` is the status of the RFC 9457 problem, `close` the WebSocket close code (RFC 6455 §7.4.2),
 *   `wire` the number in an RST or GOAWAY frame, `exit` the exit code of the CLI.
 * - `retry` says whether the same attempt can succeed later without anyone changing anything.
 *
 * A code is never reused. `docs/errors.md` is generated from this table.
 */
export interface ErrorEntry {
  readonly title: string
  readonly detail: string
  readonly action: string
  readonly http: number
  readonly close: number
  readonly wire: number
  readonly exit: number
  readonly retry: boolean
}

const entry = (
  wire: number,
  http: number,
  exit: number,
  retry: boolean,
  title: string,
  detail: string,
  action: string,
): ErrorEntry => ({ title, detail, action, http, close: 4000 + wire, wire, exit, retry })

export const errorTable = {
  // What was asked
  INTERNAL: entry(
    1,
    500,
    1,
    true,
    'Something went wrong',
    'Jetway ran into an error of its own.',
    'Try again. If it stays, give your platform team the request id.',
  ),
  BAD_REQUEST: entry(2, 400, 2, false, 'This request is not valid HTTP', '{reason}', 'Correct the request.'),
  USAGE: entry(3, 400, 2, false, 'That command is not complete', '{reason}', 'See --help.'),
  NOT_FOUND: entry(
    4,
    404,
    2,
    false,
    'There is nothing here',
    '{path} is not served by this relay.',
    'Check the address.',
  ),
  BODY_TOO_LARGE: entry(
    5,
    413,
    2,
    false,
    'The request body is too large',
    'This request may carry {limit} bytes.',
    'Send less.',
  ),
  CONFIG_INVALID: entry(
    6,
    500,
    78,
    false,
    'The configuration is not valid',
    '{reason}',
    'Correct the file and start again.',
  ),

  // Who asks
  UNAUTHENTICATED: entry(
    20,
    401,
    4,
    false,
    'Sign in first',
    'The relay did not accept who you are.',
    'Sign in again. If it stays, ask your platform team to look at the relay’s log.',
  ),
  TOKEN_EXPIRED: entry(
    21,
    401,
    4,
    false,
    'Your sign-in has ended',
    'The access token ran out and was not renewed.',
    'Sign in again.',
  ),
  SIGN_IN_REQUIRED: entry(
    22,
    401,
    4,
    false,
    'You are not signed in',
    'Nobody is signed in to {environment} on this machine.',
    'Sign in.',
  ),
  SIGN_IN_TIMEOUT: entry(
    23,
    401,
    4,
    true,
    'The sign-in was not finished',
    'The browser did not come back within {minutes} minutes.',
    'Start the sign-in again.',
  ),
  SIGN_IN_REFUSED: entry(
    24,
    401,
    5,
    false,
    'The provider refused the sign-in',
    'It said: {reason}',
    'Sign in with another account, or ask whoever runs the provider.',
  ),
  SIGN_IN_FAILED: entry(25, 401, 4, true, 'The sign-in did not work', '{reason}', 'Start the sign-in again.'),
  SIGN_IN_CANCELLED: entry(
    26,
    401,
    4,
    true,
    'The sign-in was cancelled',
    'Nothing was changed.',
    'Start the sign-in again when you want to.',
  ),

  // What they may
  FORBIDDEN: entry(
    40,
    403,
    5,
    false,
    'You may not do this yet',
    '{verb} on {resource} needs {needs}. You have {has}.',
    '{contact}',
  ),
  ROUTE_UNKNOWN: entry(
    41,
    403,
    5,
    false,
    'This is not a documented Airflow route',
    '{method} {path} is in no Airflow API that this relay knows, so it is denied.',
    'Check the address, or ask your platform team whether the relay is older than Airflow.',
  ),
  ROUTE_CLOSED: entry(
    42,
    403,
    5,
    false,
    'This route is closed to people',
    '{path} would hand out credentials or belongs to Airflow’s own tasks.',
    'There is nothing to ask for: Jetway signs you in by itself.',
  ),
  HOST_NOT_ALLOWED: entry(
    43,
    403,
    5,
    false,
    'This name does not belong to the port',
    'The request came for another host than the one this port serves.',
    'Open the local address that Jetway shows.',
  ),
  ORIGIN_NOT_ALLOWED: entry(
    44,
    403,
    5,
    false,
    'Another site asked for this',
    'A page of another site tried to use your Airflow.',
    'Open the page from Airflow itself.',
  ),

  // What is behind
  UPSTREAM_UNREACHABLE: entry(
    60,
    502,
    6,
    true,
    'Airflow does not answer',
    'The relay is up, and its upstream cannot be reached.',
    'Try again in a minute. If it stays, tell your platform team.',
  ),
  UPSTREAM_TIMEOUT: entry(
    61,
    504,
    6,
    true,
    'Airflow took too long',
    'The upstream did not answer in time.',
    'Look whether it was done before you try again.',
  ),
  AUDIT_UNAVAILABLE: entry(
    62,
    503,
    6,
    true,
    'Changes are paused',
    'The audit log cannot be written, so nothing may be changed.',
    'Tell your platform team. Reading still works.',
  ),
  OVERLOADED: entry(
    63,
    503,
    6,
    true,
    'Too much at once',
    'A limit of the relay was reached: {limit}.',
    'Try again in a moment.',
  ),
  DRAINING: entry(
    64,
    503,
    6,
    true,
    'The relay is restarting',
    'It finishes what was begun and takes nothing new.',
    'Try again in a moment.',
  ),
  SERVICE_UNKNOWN: entry(
    65,
    404,
    2,
    false,
    'The relay has no such service',
    'There is no service {service} behind this relay.',
    'Check the name, or connect again to learn the services.',
  ),

  // The tunnel
  PROTOCOL_ERROR: entry(
    80,
    400,
    1,
    false,
    'The two ends do not understand each other',
    'A message did not fit the protocol: {reason}.',
    'Update Jetway. If it stays, report it.',
  ),
  VERSION_UNSUPPORTED: entry(
    81,
    400,
    1,
    false,
    'This version is not supported',
    'Client and relay share no protocol version.',
    'Update Jetway.',
  ),
  FLOW_CONTROL: entry(
    82,
    400,
    1,
    false,
    'More was sent than was allowed',
    'The peer sent past its window.',
    'Update Jetway. If it stays, report it.',
  ),
  TOO_MANY_STREAMS: entry(
    83,
    503,
    6,
    true,
    'Too many connections at once',
    'This session may have {limit} connections.',
    'Close some, or wait.',
  ),
  SESSION_LOST: entry(
    84,
    503,
    6,
    true,
    'The connection was lost',
    'Open connections were cut.',
    'Jetway connects again by itself.',
  ),
  STREAM_RESET: entry(85, 502, 6, true, 'The connection was cut', 'The other end went away.', 'Try again.'),
  CLOSED: entry(86, 503, 3, false, 'Disconnected', 'The session was ended on purpose.', 'Connect again.'),

  // The client's surroundings
  NOT_CONNECTED: entry(
    100,
    503,
    3,
    true,
    'Not connected',
    'Jetway is not connected to {environment}.',
    'Press Connect in the Jetway tray menu, or run: jetway connect',
  ),
  RELAY_UNREACHABLE: entry(
    101,
    503,
    6,
    true,
    'The relay cannot be reached',
    '{relay} does not answer ({reason}).',
    'Check the network and the address.',
  ),
  RELAY_UNTRUSTED: entry(
    102,
    502,
    6,
    false,
    'The relay’s certificate is not trusted',
    '{relay} shows a certificate that this machine does not trust ({reason}).',
    'Check the address. If your company has its own authority, name its file with --ca.',
  ),
  NOT_A_RELAY: entry(
    103,
    502,
    6,
    false,
    'This is not a Jetway relay',
    '{relay} answers, and not as a relay would ({reason}).',
    'Check the address.',
  ),
  PROVIDER_UNREACHABLE: entry(
    104,
    502,
    6,
    true,
    'The sign-in service cannot be reached',
    '{issuer} does not answer ({reason}).',
    'Check the network, then try again.',
  ),
  PORT_TAKEN: entry(
    105,
    503,
    7,
    false,
    'The local port is taken',
    'Port {port} is used by {owner}.',
    'Stop that program, or choose another port: {suggestion}.',
  ),
  NO_KEYCHAIN: entry(
    106,
    500,
    8,
    false,
    'No keychain was found',
    'This session has no keyring that is running and unlocked, so your sign-in is kept in memory only ({reason}).',
    'Unlock a keyring, or choose an encrypted file: --token-store file.',
  ),
  TOKEN_FILE_LOCKED: entry(
    107,
    500,
    8,
    false,
    'The token file did not open',
    'The passphrase is wrong or the file was changed.',
    'Try the passphrase again, or sign in anew.',
  ),
  ENGINE_NOT_RUNNING: entry(
    108,
    503,
    3,
    false,
    'Jetway is not running',
    'No Jetway engine runs for this person.',
    'Start the desktop app, or run: jetway connect',
  ),
  ENVIRONMENT_UNKNOWN: entry(
    109,
    404,
    2,
    false,
    'No such environment',
    'There is no environment {environment}.',
    'Add it: jetway login --relay https://…',
  ),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorTable
