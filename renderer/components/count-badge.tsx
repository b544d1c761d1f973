const most = 99

interface CountBadgeProps {
  readonly count: number
  /** What is counted, for screen readers. */
  readonly words: string
}

/** How many wait; nothing for none. */
export function CountBadge({ count, words }: CountBadgeProps) {
  if (count === 0) return null
  return (
    <span className="count-badge">
      <span aria-hidden="true">{count > most ? `${most}+` : count}</span>
      <span className="visually-hidden">{words}</span>
    </span>
  )
}
