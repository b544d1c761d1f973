/** Activity, Access and Diagnostics in every state that they can be in. */
import type { Page } from 'playwright-core'
import type { Access } from '#shared/ipc/access.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import { accessForbid, accessGrant } from '../support/access.ts'
import { accessRequest } from '../support/access-requests.ts'
import { activityEntry } from '../support/activity.ts'
import type { ControlDouble } from '../support/control-double.ts'
import type { MainState } from '../support/desktop-window.ts'
import { eventually } from '../support/eventually.ts'
import { type Answers, disconnected } from './open-tab.ts'
import { manyRequests, someRequests, withRequests } from './some-requests.ts'
import { problem } from './states.ts'

export interface ScreenState {
  readonly name: string
  readonly tab: 'Activity' | 'Access' | 'Diagnostics'
  readonly environment?: EnvironmentStatus
  readonly answers?: Answers
  readonly main?: MainState
  /** Where on the screen. */
  readonly act?: (page: Page, engine: ControlDouble) => Promise<void>
  /** Whether a list is open over the page: that is hidden from screen readers then, and Tab closes it. */
  readonly isPopover?: boolean
  /** What is to be read then. */
  readonly shows: string
}

const denied = {
  code: 'FORBIDDEN',
  title: 'You may not do this yet',
  detail:
    'run.trigger on finance_month_end_close_and_reconciliation needs the role finance-operator. You have viewer, user on orders_*.',
  action: 'Ask #data-platform for access.',
}

const kinds: readonly Partial<ActivityEntry>[] = [
  {},
  { verb: 'dag.read', dag: '~', path: '/ui/dags' },
  {
    verb: 'log.read',
    run: 'scheduled__2026-11-25T06:00:00+00:00',
    task: 'load_orders',
    path: '/api/v2/dags/orders_daily/dagRuns/scheduled__2026-11-25T06:00:00+00:00/taskInstances/load_orders/logs/1',
  },
  { verb: 'run.trigger', method: 'POST', durationMs: 84, agent: 'claims-assistant' },
  {
    verb: 'run.trigger',
    method: 'POST',
    dag: 'finance_month_end_close_and_reconciliation',
    path: '/api/v2/dags/finance_month_end_close_and_reconciliation/dagRuns',
    status: 403,
    effect: 'deny',
    problem: denied,
  },
  { verb: 'task.read', path: '/ui/grid/ti_summaries/orders_daily', durationMs: 240 },
  { verb: 'variable.read', dag: null, path: '/api/v2/variables/missing', status: 404 },
  { verb: null, dag: null, path: '/private', status: 403, effect: 'deny', problem: denied },
  { verb: 'xcom.read', status: null, durationMs: 30_000 },
  { verb: 'task.clear', method: 'POST', path: '/api/v2/dags/orders_daily/clearTaskInstances' },
]

/** As they come, oldest first. */
export function activityEntries(count: number, from = 0): ActivityEntry[] {
  return Array.from({ length: count }, (_, i) =>
    activityEntry({
      ...kinds[(from + i) % kinds.length],
      id: `0199c2f4-7a1e-7c3b-9d2e-${String(from + i).padStart(12, '0')}`,
      time: new Date(Date.UTC(2026, 10, 25, 14, 2, 0, (from + i) * 740)).toISOString(),
    }),
  )
}

const user = [
  'run.trigger',
  'run.clear',
  'task.clear',
  'dag.write',
  'task.write',
  'log.read',
  'run.read',
  'task.read',
]

export const someAccess: Access = {
  person: {
    kind: 'person',
    name: 'Ana Reyes',
    email: 'ana@example.com',
    groups: ['berlin-office', 'everyone', 'orders-team', 'ml-team', 'all-staff'],
    groupsProblem: null,
  },
  contact: 'Ask #data-platform for access.',
  services: [
    {
      name: 'airflow',
      type: 'airflow',
      airflowRole: 'user',
      grants: [
        accessGrant(),
        accessGrant({
          policy: 'orders-team:user:orders_*,shared_refresh',
          role: 'user',
          group: 'orders-team',
          verbs: user,
          dags: ['orders_*', 'shared_refresh'],
        }),
        accessGrant({
          policy: 'ml-team:user:*:#ml,#features',
          role: 'user',
          group: 'ml-team',
          verbs: user,
          tags: ['ml', 'features'],
          conditions: ['only from 08:00 to 18:00 Europe/Berlin'],
          until: '2099-12-18T23:59:59Z',
        }),
      ],
    },
    {
      name: 'grafana',
      type: 'http',
      airflowRole: null,
      grants: [
        accessGrant({
          policy: 'everyone:http.read:grafana:/d/*',
          role: '',
          verbs: ['http.read'],
          dags: [],
          conditions: ['only for /d/*, /api/*'],
        }),
      ],
    },
  ],
  forbids: [
    accessForbid({
      policy: 'forbid:run.trigger:orders_eu_*',
      dags: ['orders_eu_*'],
      reason: 'The orders of the EU run on their schedule only, until the audit is over.',
    }),
    accessForbid({
      policy: 'forbid:http.read:*',
      verbs: ['http.read'],
      dags: ['*'],
      reason: 'Dashboards are rebuilt at weekends.',
      conditions: ['only on sat, sun (UTC)'],
    }),
  ],
  otherPolicies: 2,
  omitted: 0,
}

const finding = (check: Finding['check'], title: string, part: Partial<Finding> = {}): Finding => ({
  check,
  state: 'ok',
  title,
  detail: null,
  action: null,
  durationMs: 12,
  ...part,
})

export const fine: readonly Finding[] = [
  finding('dns', 'airflow.eu.example.com is 10.20.0.14, 10.20.0.15'),
  finding('proxy', 'No proxy is used'),
  finding('tls', 'The certificate is valid for 61 more days', { detail: 'Issued by Example Corp CA 3' }),
  finding('relay', 'The relay answers, and is called prod-eu', { durationMs: 41 }),
  finding('provider', 'login.example.com answers', { durationMs: 118 }),
  finding('clock', 'This machine’s clock is right'),
  finding('keychain', 'The keychain is there and open'),
  finding('ports', 'localhost:8080 is ours'),
  finding('session', 'Connected as ana@example.com for 2 h', {
    detail: 'To the relay and back it takes 18 ms.',
  }),
]

export const wrong: readonly Finding[] = fine.map((one): Finding => {
  if (one.check === 'clock') {
    return {
      ...one,
      state: 'failed',
      title: 'This machine’s clock is 10 min behind',
      detail: 'What one signs is not valid for the other.',
      action: 'Set the clock by the network’s time, then look again.',
    }
  }
  if (one.check === 'ports') {
    return {
      ...one,
      state: 'warning',
      title: 'localhost:8080 is taken',
      detail: 'node (process 4711) has it.',
      action: 'End that, or give Airflow port 8081.',
    }
  }
  if (one.check !== 'provider') return one
  return { ...one, state: 'skipped', title: 'Not looked at, as something before it failed', durationMs: 0 }
})

const notTold = () => {
  throw problem('NOT_TOLD', { environment: 'prod-eu' })
}
const engineAway: MainState = { engine: 'restarting' }
const never = () => new Promise(() => undefined)
const connecting: EnvironmentStatus = { ...disconnected, state: 'connecting' }

const lines: Answers = { watchActivity: () => activityEntries(400) }
/** The box asks whether one may trigger a run until something else is picked. */
/** In sight already, as scrolling closes the list; once what was typed has narrowed it down: before, all are there. */
const pick = async (page: Page, verb: string) => {
  const field = page.getByRole('combobox', { name: 'May I' })
  await field.scrollIntoViewIfNeeded()
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))')
  await field.fill(verb)
  await eventually(`${verb} stands first`, async () => {
    const [first] = await page.getByRole('option').allTextContents()
    return first === verb
  })
  await field.press('ArrowDown')
  await field.press('Enter')
}
const onDag = (page: Page, dag: string) => page.getByLabel('on the DAG').fill(dag)

const openDenied = (page: Page) =>
  page
    .getByRole('row', { name: /Trigger run finance.* Denied/ })
    .first()
    .click()

type OfTab = Omit<ScreenState, 'tab'>

const activity: OfTab[] = [
  { name: 'lines', answers: lines, shows: 'Trigger run' },
  {
    name: 'denied',
    answers: lines,
    act: openDenied,
    shows: 'Copy a request',
  },
  {
    name: 'denied-askable',
    answers: lines,
    main: withRequests(someRequests),
    act: openDenied,
    shows: 'You can ask for finance-operator on finance_*',
  },
  {
    name: 'denied-ask',
    answers: lines,
    main: withRequests(someRequests),
    act: async (page) => {
      await openDenied(page)
      await page.getByRole('button', { name: 'Ask for access' }).click()
      await page.getByLabel('Why you need it').fill('The close of October did not run.')
    },
    shows: 'The close of October',
  },
  {
    name: 'denied-asked',
    answers: lines,
    main: withRequests({
      ...someRequests,
      mine: [accessRequest({ policy: 'request:finance', role: 'finance-operator', dags: ['finance_*'] })],
    }),
    act: openDenied,
    shows: 'You have asked for finance-operator on finance_*',
  },
  {
    name: 'allowed',
    answers: lines,
    act: async (page) => {
      await page
        .getByRole('row', { name: /Read logs/ })
        .first()
        .click()
    },
    shows: 'Allowed; Airflow answered 200',
  },
  {
    name: 'no-match',
    answers: lines,
    act: (page) => page.getByRole('searchbox').last().fill('nothing like it'),
    shows: 'No line is like that',
  },
  {
    name: 'filtered',
    answers: lines,
    act: (page) => page.getByRole('button', { name: 'Denied' }).click(),
    shows: '80 of 400',
  },
  { name: 'empty', answers: { watchActivity: () => [] }, shows: 'Nothing has gone through yet' },
  { name: 'loading', answers: { watchActivity: never }, shows: 'Asking what went through' },
  { name: 'offline', environment: disconnected, shows: 'Connect, and you see what goes through.' },
  { name: 'engine-away', main: engineAway, shows: 'When Jetway’s engine is back' },
  { name: 'connecting', environment: connecting, shows: 'Once it is, you see what goes through.' },
  { name: 'not-told', answers: { watchActivity: notTold }, shows: 'This relay is older than your Jetway' },
]

const openDecision = (decision: string) => async (page: Page) => {
  await page.getByRole('button', { name: `${decision} operator on sales_* of Bo Lin` }).click()
}
const decide = { main: withRequests(someRequests) }

const requestsStates: OfTab[] = [
  { name: 'requests', main: withRequests(someRequests), shows: 'Waiting for you' },
  {
    name: 'requests-own',
    main: withRequests(someRequests),
    act: (page) => page.evaluate("document.getElementById('requests-own').scrollIntoView()"),
    shows: 'Your requests',
  },
  {
    name: 'requests-askable',
    main: withRequests(someRequests),
    act: (page) => page.getByRole('button', { name: 'Ask for admin on all DAGs' }).scrollIntoViewIfNeeded(),
    shows: 'You can ask for',
  },
  { name: 'requests-many', main: withRequests(manyRequests), shows: 'Show 45 more' },
  {
    name: 'requests-many-askable',
    main: withRequests({ ...manyRequests, toDecide: [] }),
    act: (page) => page.getByText('12 more requests and rules').scrollIntoViewIfNeeded(),
    shows: '12 more requests and rules',
  },
  {
    name: 'requests-approve',
    ...decide,
    act: openDecision('Approve'),
    shows: 'Approve operator on sales_*?',
  },
  { name: 'requests-deny', ...decide, act: openDecision('Deny'), shows: 'Deny operator on sales_*?' },
  {
    name: 'requests-give-back',
    ...decide,
    act: (page) => page.getByRole('button', { name: 'Give back operator on sales_*' }).click(),
    shows: 'You lose it at once',
  },
  {
    name: 'requests-no-ask',
    ...decide,
    act: async (page) => {
      await pick(page, 'Delete DAG')
      await onDag(page, 'sales_daily')
      await page.getByRole('button', { name: 'Ask for access' }).scrollIntoViewIfNeeded()
    },
    shows: 'No. Nothing lets you delete DAG on sales_daily.',
  },
  {
    name: 'requests-no-grants',
    main: withRequests({ ...someRequests, toDecide: [], mine: [] }),
    answers: { access: () => ({ ...someAccess, services: [], forbids: [] }) },
    shows: 'You can ask for',
  },
  {
    name: 'requests-engine-away',
    main: { ...engineAway, ...withRequests(someRequests) },
    shows: 'Waiting for you',
  },
  {
    name: 'requests-none',
    main: { accessRequests: { 'prod-eu': { kind: 'none' } } },
    act: (page) => page.getByText('Do you need more?').scrollIntoViewIfNeeded(),
    shows: 'This relay takes no requests for access.',
  },
  {
    name: 'requests-loading',
    main: { accessRequests: {} },
    act: (page) => page.getByText('Looking up what you can ask for').scrollIntoViewIfNeeded(),
    shows: 'Looking up what you can ask for',
  },
  {
    name: 'requests-failed',
    main: {
      accessRequests: {
        'prod-eu': {
          kind: 'failed',
          problem: problem('RELAY_UNREACHABLE', { relay: 'airflow.eu.example.com', reason: 'timed out' }),
        },
      },
    },
    shows: problem('RELAY_UNREACHABLE').title,
  },
]

/** More of everything than fits. */
const much: Access = {
  ...someAccess,
  person: {
    ...someAccess.person,
    groups: Array.from({ length: 40 }, (_, i) => `department-${i}-with-a-long-name-of-its-own`),
  },
  services: [
    {
      name: 'airflow',
      type: 'airflow',
      airflowRole: 'op',
      grants: Array.from({ length: 20 }, (_, i) =>
        accessGrant({
          policy: `department-${i}:team-${i}`,
          role: `operator-of-team-${i}`,
          group: `department-${i}-with-a-long-name-of-its-own`,
          verbs: user,
          dags: [`team_${i}_*`, `a_dag_of_team_${i}_with_a_name_that_goes_on_and_on_and_on`, `shared_${i}`],
        }),
      ),
    },
  ],
}

const access: OfTab[] = [
  { name: 'known', shows: 'shared_refresh' },
  {
    name: 'yes',
    act: (page) => onDag(page, 'orders_daily'),
    shows: 'Yes, you may trigger run on orders_daily.',
  },
  {
    name: 'depends',
    act: async (page) => {
      await pick(page, 'Clear run')
      await onDag(page, 'train')
    },
    shows: 'You may clear run on train, but not always.',
  },
  {
    name: 'no',
    act: (page) => onDag(page, 'orders_eu_daily'),
    shows: 'A rule forbids you to trigger run',
  },
  {
    name: 'no-dag',
    act: (page) => pick(page, 'Read variables'),
    shows: 'No. Nothing lets you read variables.',
  },
  { name: 'much', answers: { access: () => much }, shows: 'And 8 more sets of DAGs' },
  {
    name: 'verbs',
    act: (page) => page.getByRole('button', { name: 'All there is' }).click(),
    isPopover: true,
    shows: 'See tasks that ask a person',
  },
  {
    name: 'why',
    act: (page) => page.getByRole('button', { name: 'Trigger run' }).click(),
    shows: 'Forbidden on orders_eu_*',
  },
  {
    name: 'two-airflows',
    answers: {
      access: () => ({
        ...someAccess,
        services: [
          ...someAccess.services,
          { name: 'airflow-legacy', type: 'airflow', airflowRole: 'viewer', grants: [accessGrant()] },
        ],
      }),
    },
    act: async (page) => {
      await page.getByRole('radio', { name: 'airflow-legacy' }).click()
      await onDag(page, 'orders_daily')
    },
    shows: 'No. Nothing lets you trigger run on orders_daily.',
  },
  {
    name: 'other-services',
    act: (page) => page.getByText('Dashboards are rebuilt').scrollIntoViewIfNeeded(),
    shows: 'Do you need more? Ask #data-platform for access.',
  },
  {
    name: 'no-grants',
    answers: { access: () => ({ ...someAccess, services: [], forbids: [] }) },
    shows: 'None of your groups has a role here.',
  },
  {
    name: 'no-groups',
    answers: {
      access: () => ({ ...someAccess, services: [], person: { ...someAccess.person, groups: [] } }),
    },
    shows: 'You are in no groups.',
  },
  {
    name: 'groups-unknown',
    answers: {
      access: () => ({
        ...someAccess,
        services: [],
        person: {
          ...someAccess.person,
          groups: [],
          groupsProblem: 'Your provider sent none of your groups.',
        },
      }),
    },
    shows: 'Your provider sent none of your groups.',
  },
  ...requestsStates,
  { name: 'loading', answers: { access: never }, shows: 'Asking the relay' },
  { name: 'offline', environment: disconnected, shows: 'Connect, and you see what you may do.' },
  {
    name: 'engine-away',
    main: engineAway,
    answers: { access: never },
    shows: 'When Jetway’s engine is back',
  },
  { name: 'not-told', answers: { access: notTold }, shows: 'This relay is older than your Jetway' },
]

const diagnostics: OfTab[] = [
  { name: 'fine', answers: { diagnose: () => fine }, shows: 'Everything is fine' },
  { name: 'wrong', answers: { diagnose: () => wrong }, shows: 'One thing does not work' },
  { name: 'engine-away', main: engineAway, shows: 'When Jetway’s engine is back' },
  {
    name: 'running',
    answers: { diagnose: never },
    act: async (_, engine) => {
      const { environment } = (await engine.whenAsked(({ method }) => method === 'diagnose')).params
      const onTheWay: readonly Finding[] = [
        ...fine.slice(0, 3),
        finding('relay', 'Asking the relay', { state: 'running' }),
      ]
      for (const one of onTheWay) engine.notify('finding', { environment: String(environment), finding: one })
    },
    shows: 'Asking the relay',
  },
  {
    name: 'failed',
    answers: {
      diagnose: () => {
        throw problem('INTERNAL')
      },
    },
    shows: 'Something went wrong',
  },
]

export const screenStates: readonly ScreenState[] = [
  ...activity.map((state): ScreenState => ({ ...state, tab: 'Activity' })),
  ...access.map((state): ScreenState => ({ answers: { access: () => someAccess }, ...state, tab: 'Access' })),
  ...diagnostics.map((state): ScreenState => ({ ...state, tab: 'Diagnostics' })),
]
