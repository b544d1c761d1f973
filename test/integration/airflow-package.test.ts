import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureAirflow, ensureAirflow2, ensureAirflowPackageTools } from '../../build/setup/python.ts'
import { run } from '../../build/setup/run.ts'

/** The Python package in airflow/, held to its own rules. */
const cwd = join(import.meta.dirname, '../../airflow')
let folder: string
let tools: string
let airflow3: string
let airflow2: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jetway-package-'))
  tools = await ensureAirflowPackageTools()
  airflow3 = join(await ensureAirflow(), 'python')
  airflow2 = join(await ensureAirflow2(), 'python')
})
afterAll(() => rm(folder, { recursive: true }))

const environment = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...process.env,
  AIRFLOW_HOME: join(folder, 'home'),
  PYTHONDONTWRITEBYTECODE: '1',
  ...more,
})
const withSource = () => environment({ PYTHONPATH: 'src', MYPYPATH: 'src:tests' })
const tool = (name: string, ...args: string[]) => run(join(tools, name), args, { cwd, env: withSource() })

test('its format and style', async () => {
  await tool('ruff', 'format', '--no-cache', '--check', '.')
  await tool('ruff', 'check', '--no-cache', '.')
})

describe('its types', () => {
  const mypy = (...args: string[]) => tool('mypy', '--cache-dir', join(folder, 'mypy'), ...args)

  test('with Airflow 3', async () => {
    await mypy('--python-executable', airflow3, '-m', 'jetway_airflow.auth_manager')
  })

  test('with Airflow 2', async () => {
    const modules = ['-m', 'jetway_airflow.fab_auth_manager', '-m', 'jetway_airflow.api_auth']
    await mypy('--python-executable', airflow2, ...modules)
  })

  test('of its tests that need no Airflow', async () => {
    await mypy(...['conftest', 'test_dags', 'test_assertion', 'test_keys'].flatMap((name) => ['-m', name]))
  })
})

/** pytest of the tools, after the packages of an Airflow. */
const pytest = async (python: string) => {
  const module = await tool('python', '-c', 'import pytest; print(pytest.__file__)')
  const packages = dirname(dirname(module.trim()))
  const code =
    'import sys; sys.path.append(sys.argv[1]); import pytest; sys.exit(pytest.main(["-p", "no:warnings"]))'
  return run(python, ['-c', code, packages], { cwd, env: withSource() })
}

test.each([
  ['3', () => airflow3, /\d{3} passed/],
  ['2', () => airflow2, /\d+ passed, 1 skipped/],
])('its own tests, with Airflow %s', async (_version, python, summary) => {
  expect(await pytest(python())).toMatch(summary)
})

test('it installs as a wheel, typed and with all that Airflow names', async () => {
  await tool('python', '-m', 'pip', 'wheel', '-q', '--no-deps', '--no-build-isolation', '-w', folder, '.')
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl')) as string
  expect(wheel).toBe('jetway_airflow-0.1.0-py3-none-any.whl')
  const target = join(folder, 'installed')
  const pip = ['-m', 'pip', 'install', '-q', '--no-deps', '--no-index', '--target', target]
  await run(join(tools, 'python'), [...pip, join(folder, wheel)])
  expect(await readdir(join(target, 'jetway_airflow'))).toContain('py.typed')
  const imports = [
    [airflow3, 'jetway_airflow.auth_manager', 'JetwayAuthManager'],
    [airflow2, 'jetway_airflow.fab_auth_manager', 'JetwayFabAuthManager'],
    [airflow2, 'jetway_airflow.api_auth', 'requires_authentication'],
  ] as const
  for (const [python, module, name] of imports) {
    const code = `from ${module} import ${name}; import jetway_airflow; print(jetway_airflow.__file__)`
    const from = await run(python, ['-c', code], { cwd: folder, env: environment({ PYTHONPATH: target }) })
    expect(from.trim().split('\n').at(-1)).toContain(target)
  }
})
