import type { Phase } from '#shared/ipc/phase.ts'
import { phaseLooks } from '../phase-look.ts'

const dots = [340, 372, 404, 436, 468, 500, 532, 564]

interface BridgeProps {
  readonly phase: Phase
  /** What the bridge leads to: the relay's host. */
  readonly farEnd: string
}

/** The mark of Jetway, alive: a gate, a bridge, and what it docks to. Decoration; the badge has the words. */
export function Bridge({ phase, farEnd }: BridgeProps) {
  const { shape } = phaseLooks[phase]
  return (
    <div className={`bridge ${phase}`} aria-hidden="true">
      <svg viewBox="0 0 632 36" role="presentation">
        <line className="way" x1="14" y1="18" x2="596" y2="18" />
        <rect x="0" y="1" width="7" height="34" rx="3.5" />
        <rect className="corridor" x="5" y="11" width="320" height="14" rx="2.5" />
        {shape === 'connected' && <rect className="step" x="324" y="14" width="273" height="8" rx="1.5" />}
        {(shape === 'connecting' || phase === 'signing-in') && (
          <g className="dots">
            {dots.map((x) => (
              <circle key={x} cx={x} cy="18" r="3" />
            ))}
          </g>
        )}
        {shape === 'needs-you' ? (
          <path
            fillRule="evenodd"
            d="M614 2a16 16 0 1 0 0 32a16 16 0 0 0 0-32ZM611.8 9h4.4v11.5h-4.4ZM611.8 23h4.4v4.4h-4.4Z"
          />
        ) : (
          <circle className="ring" cx="614" cy="18" r="13" />
        )}
      </svg>
      <div className="bridge-ends">
        <span>This computer</span>
        <span className="ellipsis">{farEnd}</span>
      </div>
    </div>
  )
}
