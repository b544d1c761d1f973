import { ChevronRight, LoaderCircle } from 'lucide-react'
import { Button } from 'react-aria-components'
import type { EnvironmentOffer } from '#shared/ipc/control.ts'

interface OfferListProps {
  readonly offers: readonly EnvironmentOffer[]
  /** The relay that is being looked for; null for none. */
  readonly looking: string | null
  readonly onChoose: (relayUrl: string) => void
}

/** What the company proposes, a press each. */
export function OfferList({ offers, looking, onChoose }: OfferListProps) {
  return (
    <ul className="offers" aria-label="From your company">
      {offers.map(({ name, relayUrl }) => {
        const { host } = new URL(relayUrl)
        return (
          <li key={relayUrl}>
            <Button className="offer" isDisabled={looking !== null} onPress={() => onChoose(relayUrl)}>
              <span className="text">
                <span className="first ellipsis">{name ?? host}</span>
                {name !== null && <span className="second ellipsis">{host}</span>}
              </span>
              {looking === relayUrl ? (
                <LoaderCircle className="spin" size={16} aria-hidden="true" />
              ) : (
                <ChevronRight size={16} aria-hidden="true" />
              )}
            </Button>
          </li>
        )
      })}
    </ul>
  )
}
