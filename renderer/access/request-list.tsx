import { type ReactNode, useState } from 'react'
import type { AccessRequest } from '#shared/ipc/access-requests.ts'
import { ShowMore } from '../components/show-more.tsx'

/** As many as are looked at in one go; the rest is a press away. */
const few = 5

interface RequestListProps {
  /** Of the title. */
  readonly id: string
  readonly title: string
  readonly requests: readonly AccessRequest[]
  /** One that has to be seen, wherever it stands. */
  readonly shown?: string | null
  readonly row: (request: AccessRequest) => ReactNode
}

/** Requests under a title; nothing for none. */
export function RequestList({ id, title, requests, shown = null, row }: RequestListProps) {
  const [isOpen, setOpen] = useState(false)
  if (requests.length === 0) return null
  const isFar = requests.findIndex((request) => request.id === shown) >= few
  const seen = isOpen || isFar ? requests : requests.slice(0, few)
  const left = requests.length - seen.length
  return (
    <section className="card" aria-labelledby={id}>
      <header className="card-header">
        <h2 id={id} tabIndex={-1}>
          {title}
        </h2>
        <span className="second">{requests.length}</span>
      </header>
      <ul className="requests">{seen.map(row)}</ul>
      <ShowMore left={left} onPress={() => setOpen(true)} />
    </section>
  )
}
