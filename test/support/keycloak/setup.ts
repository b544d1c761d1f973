/** One Keycloak for all integration tests, started when the first of them asks for it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { ensureKeycloak } from '../../../build/setup/keycloak.ts'
import { step } from '../../../build/setup/steps.ts'
import { type Keycloak, startKeycloak } from './keycloak.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Answers with Keycloak's URL as soon as it runs. Use `ownRealm`. */
    keycloak: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await step('Keycloak', ensureKeycloak)
  let started: Promise<Keycloak> | null = null
  const server = createServer((_request, response) => {
    started ??= startKeycloak()
    started.then(
      ({ url }) => response.end(url),
      (error) => response.writeHead(500).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  project.provide('keycloak', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return async () => {
    server.close()
    await started?.then(
      (keycloak) => keycloak.stop(),
      () => {},
    )
  }
}
