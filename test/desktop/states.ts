/** Every screen of the window in every state that it can be in. */
import type { Page } from 'playwright-core'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type Problem, problemOf } from '#shared/errors/problem.ts'
import type { Access } from '#shared/ipc/access.ts'
import type { EngineStatus, EnvironmentStatus } from '#shared/ipc/control.ts'
import { type Answer, answers, environmentStatus } from '../support/control-double.ts'
import type { DesktopWindow, MainState } from '../support/desktop-window.ts'

export interface WindowState {
  readonly name: string
  readonly environments: readonly EnvironmentStatus[]
  readonly engine?: Partial<EngineStatus>
  readonly main?: MainState
  /** What the engine answers, where that is not all well. */
  readonly answer?: Answer
  /** Where in the window. */
  readonly open?: (page: Page) => Promise<void>
  /** What is to be read then. */
  readonly shows: string
}

export const problem = (code: ConstructorParameters<typeof JetwayError>[0], params = {}): Problem =>
  problemOf(new JetwayError(code, params))

export const person = { subject: 'ana', name: 'Ana Reyes', email: 'ana@example.com' }

const notAirflow = { taken: null, airflow: null } as const

/** Connected, with more than Airflow. */
export const connected = environmentStatus({
  name: 'prod-eu',
  relayUrl: 'https://airflow.eu.example.com',
  state: 'connected',
  signedIn: true,
  person,
  color: 'purple',
  production: true,
  connectedSince: '2026-01-01T00:00:00.000Z',
  services: [
    {
      name: 'airflow',
      type: 'airflow',
      localPort: 8080,
      localUrl: 'http://localhost:8080',
      taken: null,
      airflow: { version: '3.3.2', before: null },
    },
    { ...notAirflow, name: 'grafana', type: 'http', localPort: 8090, localUrl: 'http://localhost:8090' },
    { ...notAirflow, name: 'metadata-db', type: 'tcp', localPort: 5433, localUrl: 'localhost:5433' },
  ],
})

const staging = environmentStatus({
  name: 'staging',
  relayUrl: 'https://airflow.staging.example.com',
  color: 'teal',
})
const dev = environmentStatus({
  name: 'dev',
  relayUrl: 'https://airflow.dev.example.com',
  color: 'green',
  state: 'connecting',
})
const three = [connected, staging, dev]

const of = (part: Partial<EnvironmentStatus>) => [environmentStatus({ color: 'blue', ...part }), staging, dev]

const longName = 'a-very-long-name-of-an-environment-that-someone-gave-it-some-day'
const twenty = Array.from({ length: 20 }, (_, index) =>
  environmentStatus({
    name: index === 3 ? longName : `team-${String(index + 1).padStart(2, '0')}`,
    relayUrl: `https://airflow-${index + 1}.example.com`,
    color:
      (['gray', 'blue', 'green', 'teal', 'purple', 'pink', 'orange', 'red'] as const)[index % 8] ?? 'gray',
    production: index % 5 === 3,
    ...(index % 3 === 0 ? { state: 'connected', signedIn: true, person } : {}),
    ...(index % 7 === 4 ? { lastError: problem('SIGN_IN_ENDED', { environment: `team-${index}` }) } : {}),
  }),
)

const offers = [
  { name: 'prod-eu', relayUrl: 'https://airflow.eu.example.com' },
  { name: 'prod-us', relayUrl: 'https://airflow.us.example.com' },
  { name: null, relayUrl: 'https://airflow.staging.example.com' },
]

const accessOfNobody: Access = {
  person: { kind: 'person', name: 'Mallory', email: null, groups: [], groupsProblem: null },
  contact: 'Ask #data-platform for access.',
  services: [{ name: 'airflow', type: 'airflow', airflowRole: null, grants: [] }],
  forbids: [],
  otherPolicies: 0,
  omitted: 0,
}

const refusing =
  (method: string, refusal: Problem): Answer =>
  (asked) => {
    if (asked.method === method) throw refusal
    return answers(asked)
  }

const typed = (address: string) => async (page: Page) => {
  await page.getByLabel('Relay address').fill(address)
  await page.getByRole('button', { name: 'Connect' }).click()
}
const choose = (name: string) => async (page: Page) => {
  await page.getByRole('option', { name: new RegExp(`^${name}`) }).click()
}
const settings = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Settings' }).click()
}

const firstMinute: WindowState[] = [
  { name: 'first-start', environments: [], shows: 'Connect to Airflow' },
  { name: 'offers', environments: [], engine: { offers }, main: { offers }, shows: 'prod-us' },
  {
    name: 'wrong-address',
    environments: [],
    shows: 'Type an address like',
    open: typed('not an address'),
  },
  {
    name: 'untrusted',
    environments: [],
    answer: refusing(
      'addEnvironment',
      problem('RELAY_UNTRUSTED', { relay: 'airflow.example.com', reason: 'self-signed certificate' }),
    ),
    open: typed('airflow.example.com'),
    shows: problem('RELAY_UNTRUSTED').title,
  },
  {
    name: 'provider-down',
    environments: [],
    answer: refusing(
      'addEnvironment',
      problem('PROVIDER_UNREACHABLE', { issuer: 'https://id.example.com', reason: 'timed out' }),
    ),
    open: typed('airflow.example.com'),
    shows: problem('PROVIDER_UNREACHABLE').title,
  },
  {
    name: 'looking',
    environments: [],
    answer: (asked) => (asked.method === 'addEnvironment' ? new Promise(() => undefined) : answers(asked)),
    open: typed('airflow.example.com'),
    shows: 'Looking for the relay…',
  },
  {
    name: 'company-file-invalid',
    environments: [],
    engine: {
      offersProblem: problem('COMPANY_FILE_INVALID', {
        reason:
          '/etc/jetway/environments.yaml:3 environments.0.relayUrl has to be https, except on a loopback host',
      }),
    },
    shows: problem('COMPANY_FILE_INVALID').title,
  },
  {
    name: 'add',
    environments: three,
    shows: 'Add an environment',
    open: async (page) => {
      await page.getByRole('button', { name: 'Add environment' }).click()
    },
  },
  {
    name: 'link',
    environments: three,
    main: { pendingLink: { name: 'prod', relayUrl: 'https://airflow.emea.data-platform.example.com' } },
    shows: 'Add this environment?',
  },
]

const overview: WindowState[] = [
  { name: 'disconnected', environments: of({}), shows: 'Not connected' },
  { name: 'connecting', environments: of({ state: 'connecting' }), shows: 'Connecting' },
  {
    name: 'signing-in',
    environments: of({ state: 'connecting', signingIn: true }),
    shows: 'Finish the sign-in in your browser',
  },
  { name: 'connected', environments: three, shows: 'Ana Reyes' },
  {
    name: 'airflow-changed',
    environments: [
      {
        ...connected,
        services: connected.services.map((service) => ({
          ...service,
          airflow: service.airflow && {
            version: '3.3.2',
            before: { version: '3.3.1', until: '2026-05-12T10:00:00.000Z' },
          },
        })),
      },
      staging,
    ],
    shows: 'Airflow was 3.3.1 until 12 May',
  },
  {
    name: 'sign-in-again',
    environments: [
      {
        ...connected,
        stepUp: problem('SIGN_IN_TOO_OLD', {
          verb: 'dag.delete',
          resource: 'orders_old',
          conditions: 'only signed in at most 60 min ago, and you did 3 h ago',
        }),
      },
      staging,
    ],
    shows: 'Sign in again for this',
  },
  {
    name: 'sign-in-ends-soon',
    environments: [{ ...connected, signInEnds: new Date(Date.now() + 8 * 60_000).toISOString() }, staging],
    shows: 'Sign-in ends in 8 min',
  },
  {
    name: 'sign-in-ended',
    environments: of({ lastError: problem('SIGN_IN_ENDED', { environment: 'demo' }) }),
    shows: 'Your sign-in has ended',
  },
  {
    name: 'reconnecting',
    environments: [{ ...connected, state: 'reconnecting', lastError: problem('SESSION_LOST') }, staging],
    shows: 'Reconnecting',
  },
  {
    name: 'relay-unreachable',
    environments: of({
      lastError: problem('RELAY_UNREACHABLE', { relay: 'relay.example.com', reason: 'name not found' }),
    }),
    shows: 'The relay cannot be reached',
  },
  {
    name: 'port-taken',
    environments: of({
      lastError: problem('PORT_TAKEN', { port: 8080, owner: 'python3 (process 4242)', suggestion: 8081 }),
      services: [
        {
          name: 'airflow',
          type: 'airflow',
          localPort: 8080,
          localUrl: null,
          taken: { owner: 'python3 (process 4242)', suggestion: 8081 },
          airflow: null,
        },
      ],
    }),
    shows: 'Use 8081',
  },
  {
    name: 'one-port-taken',
    environments: [
      {
        ...connected,
        relayVersion: '0.1.0',
        services: connected.services.map((service) =>
          service.name === 'grafana'
            ? { ...service, localUrl: null, taken: { owner: 'python3 (process 4242)', suggestion: 8091 } }
            : service,
        ),
      },
      staging,
      dev,
    ],
    shows: 'Use 8091',
  },
  { name: 'twenty', environments: twenty, open: choose(longName), shows: 'PRODUCTION' },
  {
    name: 'no-keychain',
    environments: of({}),
    engine: {
      tokenStore: 'memory',
      tokenStoreProblem: problem('NO_KEYCHAIN', { reason: 'no Secret Service' }),
    },
    shows: problem('NO_KEYCHAIN', { reason: 'no Secret Service' }).detail,
  },
]

/** Something is not there yet, or not there any more. */
const withoutAll: WindowState[] = [
  { name: 'starting', environments: [], main: { engine: 'starting' }, shows: 'Starting…' },
  {
    name: 'engine-failed',
    environments: [],
    main: { engine: 'restarting', engineProblem: problem('ENGINE_ALTERED', { file: 'engine.js' }) },
    shows: problem('ENGINE_ALTERED').title,
  },
  {
    name: 'engine-restarting',
    environments: three,
    main: { engine: 'restarting' },
    shows: 'Jetway’s engine is starting again',
  },
  {
    name: 'access-loading',
    environments: three,
    answer: (asked) => (asked.method === 'access' ? new Promise(() => undefined) : answers(asked)),
    shows: 'Looking up your groups and roles…',
  },
  {
    name: 'access-failed',
    environments: three,
    answer: refusing('access', problem('NOT_TOLD')),
    shows: problem('NOT_TOLD').detail,
  },
  {
    name: 'no-groups',
    environments: three,
    answer: (asked) => (asked.method === 'access' ? accessOfNobody : answers(asked)),
    shows: 'You have no role here',
  },
  {
    name: 'no-services',
    environments: of({ services: [] }),
    shows: 'The relay says what there is when you connect.',
  },
]

const settingsStates: WindowState[] = [
  { name: 'settings', environments: three, open: settings, shows: 'Start at login' },
  { name: 'settings-first', environments: [], open: settings, shows: 'No environment yet.' },
  {
    name: 'settings-update-ready',
    environments: three,
    main: { update: { kind: 'ready', version: '0.2.0', problem: null } },
    open: settings,
    shows: 'Restart to update',
  },
  {
    name: 'settings-update-not-installed',
    environments: three,
    main: {
      update: {
        kind: 'ready',
        version: '0.2.0',
        problem: problem('UPDATE_FAILED', {
          reason: 'the new version was not installed, which may take an administrator’s password',
        }),
      },
    },
    open: settings,
    shows: problem('UPDATE_FAILED').title,
  },
  {
    name: 'settings-update-failed',
    environments: three,
    main: { update: { kind: 'failed', problem: problem('INTERNAL') } },
    open: settings,
    shows: problem('INTERNAL').title,
  },
  {
    name: 'settings-update-unsupported',
    environments: three,
    main: { update: { kind: 'unsupported' } },
    open: settings,
    shows: 'kept up to date by whatever installed it',
  },
  {
    name: 'settings-downloading',
    environments: three,
    main: { update: { kind: 'downloading', version: '0.2.0', percent: 42 } },
    open: settings,
    shows: 'Fetching Jetway 0.2.0',
  },
  {
    name: 'appearance',
    environments: three,
    open: async (page) => {
      await page.getByRole('button', { name: 'More for prod-eu' }).click()
      await page.getByRole('menuitem', { name: 'Colour and mark…' }).click()
    },
    shows: 'This is production',
  },
  {
    name: 'remove',
    environments: three,
    open: async (page) => {
      await page.getByRole('button', { name: 'More for prod-eu' }).click()
      await page.getByRole('menuitem', { name: 'Remove…' }).click()
    },
    shows: 'Remove prod-eu?',
  },
]

export const states: readonly WindowState[] = [...firstMinute, ...overview, ...withoutAll, ...settingsStates]

/** Brings the window into a state, afresh. */
export async function enter(window: DesktopWindow, state: WindowState): Promise<void> {
  const { page, engine } = window
  engine.answer = state.answer ?? answers
  await window.show(state.environments, state)
  await page.reload()
  await state.open?.(page)
  await page.getByText(state.shows).first().waitFor()
  // Where nothing is that would change under it.
  await page.mouse.move(0, 0)
}
