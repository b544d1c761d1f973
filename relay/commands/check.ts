import { loadConfig } from '../config/load.ts'

export function check({ config: path }: { config: string }): void {
  const { name, generation, services, policy } = loadConfig(path)
  process.stdout.write(
    `${path} is valid: ${name}, ${Object.keys(services).length} service(s), ${policy.grants.length} grant(s), generation ${generation}\n`,
  )
}
