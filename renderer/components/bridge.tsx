import type { Phase } from '#shared/ipc/phase.ts'
import { phaseLooks } from '../phase-look.ts'

const dots = [116, 151, 186, 221, 256]

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
      <svg viewBox="0 0 340 60" role="presentation">
        <rect x="0" y="1" width="10" height="58" rx="5" />
        <rect className="corridor" x="8" y="19" width="176" height="22" rx="3" />
        {shape === 'connected' && <rect className="step" x="183" y="23.5" width="112" height="13" rx="2" />}
        {(shape === 'connecting' || phase === 'signing-in') && (
          <g className="dots">
            {dots.map((x) => (
              <circle key={x} cx={x} cy="30" r="4.5" />
            ))}
          </g>
        )}
        {shape === 'needs-you' ? (
          <path
            fillRule="evenodd"
            d="M315 6a24 24 0 1 0 0 48a24 24 0 0 0 0-48ZM311.5 17h7v17h-7ZM311.5 38h7v7h-7Z"
          />
        ) : (
          <circle className="ring" cx="315" cy="30" r="20.5" />
        )}
      </svg>
      <div className="bridge-ends">
        <span>This computer</span>
        <span className="ellipsis">{farEnd}</span>
      </div>
    </div>
  )
}
