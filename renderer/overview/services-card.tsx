import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { Card } from '../components/card.tsx'
import { ServiceRow } from './service-row.tsx'

interface ServicesCardProps {
  readonly environment: EnvironmentStatus
  /** Whether there is an engine to ask. */
  readonly canAsk: boolean
}

/** What is there, and its address on this computer. */
export function ServicesCard({ environment, canAsk }: ServicesCardProps) {
  return (
    <Card title="On this computer">
      {environment.services.length === 0 ? (
        <p className="card-empty">The relay says what there is when you connect.</p>
      ) : (
        <ul className="plain-list">
          {environment.services.map((service) => (
            <ServiceRow key={service.name} environment={environment} service={service} canAsk={canAsk} />
          ))}
        </ul>
      )}
    </Card>
  )
}
