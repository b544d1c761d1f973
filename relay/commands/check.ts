import { loadConfig } from '../config/load.ts'

export function check({ config: path }: { config: string }): void {
  const { name, generation, services, policy } = loadConfig(path)
  const grants = policy.grants.length + policy.connect.length
  process.stdout.write(
    `${path} is valid: ${name}, ${Object.keys(services).length} service(s), ${grants} grant(s), generation ${generation}\n`,
  )
}
